/*
 * What disk = and vif = mean: accepted forms, numbers, refusals.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../tests/host/suite.h"
#include "ctl/disk.h"
#include "ctl/pci.h"
#include "ctl/vif.h"
#include "lib/err.h"

static const struct number {
	const char *vdev;
	int number; /* as Xen 4.17's tools have them */
} numbers[] = {
	{"xvda", 51712},	 {"xvdb", 51728},
	{"xvda1", 51713},	 {"xvdp15", 51967},
	{"xvdq", 268439552},	 {"xvda16", 268435472},
	{"xvdaa", 268442112},	 {"hda", 768},
	{"hdb2", 834},		 {"hdc", 5632},
	{"sda", 2048},		 {"sdp1", 2289},
	{"d0", 51712},		 {"d5p2", 51794},
	{"d16", 268439552},	 {"51712", 51712},
	{"xvd", -EINVAL},	 {"xvda01", -EINVAL},
	{"xvda256", -EINVAL},	 {"xvdaaaaaaaaaa", -EINVAL},
	{"hde", -EINVAL},	 {"hda64", -EINVAL},
	{"sdq", -EINVAL},	 {"sda16", -EINVAL},
	{"", -EINVAL},		 {"d", -EINVAL},
	{"d5p", -EINVAL},	 {"-1", -EINVAL},
	{"9999999999", -EINVAL}, {"xvda ", -EINVAL},
};

#define LEN(array) (sizeof(array) / sizeof(*(array)))

START_TEST(vdev_names_have_their_numbers)
{
	size_t i;

	for (i = 0; i < LEN(numbers); i++)
		ck_assert_msg(disk_number(numbers[i].vdev) == numbers[i].number,
			      "%s", numbers[i].vdev);
}
END_TEST

static const struct good_disk {
	const char *spec, *target, *vdev, *access;
} good_disks[] = {
	{"phy:/dev/vg/x,xvda,w", "/dev/vg/x", "xvda", "rw"},
	{"phy:vg/x,xvda,w", "/dev/vg/x", "xvda", "rw"},
	{"file:/path.img,xvdb,r", "/path.img", "xvdb", "ro"},
	{"tap:aio:/path.img,xvdb,ro", "/path.img", "xvdb", "ro"},
	{"/dev/vg/x,raw,hda,rw", "/dev/vg/x", "hda", "rw"},
	{"/dev/vg/x,,hda", "/dev/vg/x", "hda", "rw"},
	{"/dev/vg/x, raw, hda, w!", "/dev/vg/x", "hda", "rw!"},
	{"format=raw, vdev=xvda, access=rw, target=/a,b=c", "/a,b=c", "xvda",
	 "rw"},
	{"vdev=xvda,target=phy:/dev/sdb", "/dev/sdb", "xvda", "rw"},
	{"/image,vdev=xvdc,access=ro,raw", "/image", "xvdc", "ro"},
	{"phy:/cd.iso,hdc:cdrom,r", "/cd.iso", "hdc", "ro"},
	{",,hdc,,cdrom", NULL, "hdc", "ro"},
	{"devtype=cdrom,vdev=hdc,access=rw,target=/a", "/a", "hdc", "ro"},
	{"/a,raw,xvda,r,", "/a", "xvda", "ro"},
};

static void expect_disk(const struct good_disk *g)
{
	struct json_object *o;
	struct disk d;

	ck_assert_msg(!disk_parse(g->spec, &d), "%s: %s", g->spec, err_text());
	if (g->target)
		ck_assert_str_eq(d.target, g->target);
	else
		ck_assert_ptr_null(d.target);
	ck_assert_str_eq(d.vdev, g->vdev);
	o = disk_json(&d);
	ck_assert_str_eq(
		json_object_get_string(json_object_object_get(o, "access")),
		g->access);
	json_object_put(o);
	disk_free(&d);
}

START_TEST(disks_are_understood)
{
	size_t i;

	for (i = 0; i < LEN(good_disks); i++)
		expect_disk(&good_disks[i]);
}
END_TEST

START_TEST(flags_and_scripts_of_disks)
{
	struct disk d;

	ck_assert_int_eq(disk_parse("drbd:r0,xvda,w", &d), 0);
	ck_assert_str_eq(d.script, "block-drbd");
	ck_assert_str_eq(d.target, "r0");
	disk_free(&d);
	ck_assert_int_eq(disk_parse("/a,,xvda,w,removable,discard,"
				    "direct-io-safe,backend=disk0,script=x,"
				    "backendtype=phy",
				    &d),
			 0);
	ck_assert(d.removable && d.discard == 1 && d.direct_io_safe);
	ck_assert_str_eq(d.backend, "disk0");
	ck_assert_str_eq(d.script, "x");
	disk_free(&d);
}
END_TEST

static const char *const bad_disks[] = {
	"",
	"/a",
	"/a,raw,xvda,w,extra",
	"/a,qcow2,xvda,w",
	"qcow2:/a,xvda,w",
	"/a,raw,xvda,x",
	"/a,raw,sdz",
	"vdev=xvda",
	"vdev=xvda,vdev=xvdb,target=/a",
	"frob=1,vdev=xvda,target=/a",
	"devtype=floppy,vdev=xvda,target=/a",
	"phy:/a,xvda:tape,w",
	"backendtype=qdisk,vdev=xvda,target=/a",
};

START_TEST(bad_disks_are_refused)
{
	struct disk d = {NULL};
	size_t i;

	for (i = 0; i < LEN(bad_disks); i++) {
		err_clear();
		ck_assert_msg(disk_parse(bad_disks[i], &d) == -EINVAL, "%s",
			      bad_disks[i]);
		ck_assert_str_ne(err_text(), "");
		ck_assert_ptr_null(d.target);
	}
}
END_TEST

START_TEST(words_count_as_one_specification)
{
	char phy[] = "phy:/dev/sdb1", xvdb[] = "xvdb", w[] = "w";
	char *words[] = {phy, xvdb, w};
	struct disk d;

	ck_assert_int_eq(disk_parse_words(words, 3, &d), 0);
	ck_assert_str_eq(d.target, "/dev/sdb1");
	ck_assert(d.writable);
	disk_free(&d);
}
END_TEST

START_TEST(interfaces_are_understood)
{
	struct vif v;

	ck_assert_int_eq(vif_parse("", &v), 0);
	ck_assert_int_eq(strncmp(v.mac, "00:16:3e:", 9), 0);
	ck_assert_int_eq(v.devid, -1);
	vif_free(&v);
	ck_assert_int_eq(
		vif_parse("mac=00:16:3E:0a:0b:0c, bridge=xenbr0, vifname=web0,"
			  "ip=10.0.0.2 10.0.0.3,rate=10MB/s@20ms,backend=net0,"
			  "type=vif,script=vif-route,mtu=9000,devid=3",
			  &v),
		0);
	ck_assert_str_eq(v.mac, "00:16:3e:0a:0b:0c");
	ck_assert_str_eq(v.bridge, "xenbr0");
	ck_assert_str_eq(v.vifname, "web0");
	ck_assert_str_eq(v.ip, "10.0.0.2 10.0.0.3");
	ck_assert_uint_eq(v.rate_bytes, 200000);
	ck_assert_uint_eq(v.rate_usecs, 20000);
	ck_assert_str_eq(v.backend, "net0");
	ck_assert_str_eq(v.script, "vif-route");
	ck_assert_uint_eq(v.mtu, 9000);
	ck_assert_int_eq(v.devid, 3);
	vif_free(&v);
	ck_assert_int_eq(vif_parse("rate=1Gb/s", &v), 0);
	ck_assert_uint_eq(v.rate_bytes, 6250000);
	ck_assert_uint_eq(v.rate_usecs, 50000);
	vif_free(&v);
}
END_TEST

static const char *const bad_vifs[] = {
	"bridge=xenbr0,bridge=xenbr1",
	"mac=00:16:3e:00:00:01,mac=00:16:3e:00:00:02",
	"mac=00:16:3e:0a:0b",
	"mac=00:16:3e:0a:0b:0g",
	"mac=01:16:3e:0a:0b:0c",
	"mac=0:16:3e:0a:0b:0c7",
	"bridge=",
	"vifname=a-name-too-long-for-linux",
	"vifname=a/b",
	"rate=10",
	"rate=fast",
	"rate=10Mb/s@0ms",
	"rate=-1Mb/s",
	"type=ioemu",
	"mtu=5",
	"mtu=abc",
	"frob=1",
	"bridge",
};

START_TEST(bad_interfaces_are_refused)
{
	struct vif v;
	size_t i;

	for (i = 0; i < LEN(bad_vifs); i++) {
		err_clear();
		ck_assert_msg(vif_parse(bad_vifs[i], &v) == -EINVAL, "%s",
			      bad_vifs[i]);
		ck_assert_str_ne(err_text(), "");
	}
}
END_TEST

static const struct good_pci {
	const char *spec, *device;
	int vslot;
	bool permissive, seize;
} good_pcis[] = {
	{"00:03.0", "0000:00:03.0", -1, false, false},
	{"0001:a0:1f.7", "0001:a0:1f.7", -1, false, false},
	{"00:03.0@10,seize=1", "0000:00:03.0", 16, false, true},
	{"00:03.0,permissive=1,msitranslate=0", "0000:00:03.0", -1, true,
	 false},
};

static const char *const bad_pcis[] = {
	"",	      "03.0",		"00:20.0",  "00:03.8", "00:03",
	"00:03.0@20", "00:03.0,frob=1", "00:03.0x", "g0:03.0",
};

START_TEST(pci_devices_are_understood)
{
	char text[PCI_TEXT];
	struct pci_dev p;
	size_t i;

	for (i = 0; i < LEN(good_pcis); i++) {
		ck_assert_msg(!pci_parse(good_pcis[i].spec, &p), "%s: %s",
			      good_pcis[i].spec, err_text());
		pci_format(text, &p);
		ck_assert_str_eq(text, good_pcis[i].device);
		ck_assert_int_eq(p.vslot, good_pcis[i].vslot);
		ck_assert(p.permissive == good_pcis[i].permissive);
		ck_assert(p.seize == good_pcis[i].seize);
	}
	for (i = 0; i < LEN(bad_pcis); i++) {
		err_clear();
		ck_assert_msg(pci_parse(bad_pcis[i], &p) == -EINVAL, "%s",
			      bad_pcis[i]);
		ck_assert_str_ne(err_text(), "");
	}
}
END_TEST

SUITE("devspec", vdev_names_have_their_numbers, disks_are_understood,
      flags_and_scripts_of_disks, bad_disks_are_refused,
      words_count_as_one_specification, interfaces_are_understood,
      bad_interfaces_are_refused, pci_devices_are_understood)

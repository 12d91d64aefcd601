HV_TESTS += hypervisor/boot/cmdline_test.c hypervisor/boot/e820_test.c \
	hypervisor/boot/acpi_test.c hypervisor/boot/multiboot_test.c
cmdline_test_SRC   := hypervisor/boot/cmdline.c hypervisor/lib/parse.c
e820_test_SRC      := hypervisor/boot/e820.c
acpi_test_SRC      := hypervisor/boot/acpi.c tests/host/fakes.c
multiboot_test_SRC := hypervisor/boot/multiboot.c hypervisor/boot/e820.c \
	hypervisor/lib/parse.c

#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "builder/compact.h"

#define BLOCK	  4096u
#define MIN_RUN	  (64u << 10) /* of zeroes: shorter ones are not worth a cut */
#define MAX_NOTES 16

struct plan {
	struct elf_segment piece[ELF_MAX_SEGMENTS];
	unsigned int nr_pieces;
	Elf64_Phdr note[MAX_NOTES];
	unsigned int nr_notes;
	uint64_t min_run;
};

static bool zero_block(const uint8_t *p, uint64_t n)
{
	return !*p && !memcmp(p, p + 1, n - 1);
}

/* Length of the zeroes at @at, by whole blocks, up to the segment's end. */
static uint64_t zero_run(const struct elf_segment *s, uint64_t at)
{
	uint64_t from = at, n;

	while (at < s->filesz) {
		n = s->filesz - at < BLOCK ? s->filesz - at : BLOCK;
		if (!zero_block(s->data + at, n))
			break;
		at += n;
	}
	return at - from;
}

static bool add_piece(struct plan *p, const struct elf_segment *s,
		      uint64_t from, uint64_t file_end, uint64_t mem_end)
{
	if (mem_end == from)
		return true;
	if (p->nr_pieces == ELF_MAX_SEGMENTS)
		return false;
	p->piece[p->nr_pieces++] = (struct elf_segment){
		.data = s->data + from,
		.filesz = file_end - from,
		.memsz = mem_end - from,
		.paddr = s->paddr + from,
	};
	return true;
}

/* Each piece is bytes and the long run of zeroes behind them. */
static bool cut_segment(struct plan *p, const struct elf_segment *s)
{
	uint64_t from = 0, at = 0, run;

	while (at < s->filesz) {
		run = zero_run(s, at);
		if (run < p->min_run && at + run < s->filesz) {
			at += run ? run : BLOCK;
			continue;
		}
		if (at + run >= s->filesz)
			break;
		if (!add_piece(p, s, from, at, at + run))
			return false;
		from = at = at + run;
	}
	if (at > s->filesz)
		at = s->filesz;
	return add_piece(p, s, from, at, s->memsz);
}

/* Fewer, longer cuts until the pieces are few enough. */
static void plan_pieces(const struct elf *e, struct plan *p)
{
	unsigned int i;

	for (p->min_run = MIN_RUN;; p->min_run *= 2) {
		p->nr_pieces = 0;
		for (i = 0; i < e->nr_segments; i++)
			if (!cut_segment(p, &e->segment[i]))
				break;
		if (i == e->nr_segments)
			return;
	}
}

static void plan_notes(const struct elf *e, struct plan *p)
{
	Elf64_Ehdr h;
	Elf64_Phdr ph;
	unsigned int i;

	memcpy(&h, e->data, sizeof(h));
	for (i = 0; i < h.e_phnum && p->nr_notes < MAX_NOTES; i++) {
		memcpy(&ph, e->data + h.e_phoff + i * sizeof(ph), sizeof(ph));
		if (ph.p_type == PT_NOTE && ph.p_offset <= e->len &&
		    e->len - ph.p_offset >= ph.p_filesz)
			p->note[p->nr_notes++] = ph;
	}
}

static uint64_t headers_size(const struct plan *p)
{
	return sizeof(Elf64_Ehdr) +
	       (p->nr_pieces + p->nr_notes) * sizeof(Elf64_Phdr);
}

static uint64_t total_size(const struct plan *p)
{
	uint64_t n = headers_size(p);
	unsigned int i;

	for (i = 0; i < p->nr_pieces; i++)
		n += p->piece[i].filesz;
	for (i = 0; i < p->nr_notes; i++)
		n += p->note[i].p_filesz;
	return n;
}

static void emit(const struct elf *e, const struct plan *p, uint8_t *out)
{
	uint64_t at = headers_size(p);
	Elf64_Phdr *ph = (Elf64_Phdr *)(out + sizeof(Elf64_Ehdr));
	Elf64_Ehdr h;
	unsigned int i;

	memcpy(&h, e->data, sizeof(h));
	h.e_phoff = sizeof(h);
	h.e_phnum = p->nr_pieces + p->nr_notes;
	h.e_shoff = h.e_shnum = h.e_shstrndx = 0;
	memcpy(out, &h, sizeof(h));
	for (i = 0; i < p->nr_pieces; i++, ph++) {
		*ph = (Elf64_Phdr){.p_type = PT_LOAD,
				   .p_offset = at,
				   .p_paddr = p->piece[i].paddr,
				   .p_filesz = p->piece[i].filesz,
				   .p_memsz = p->piece[i].memsz};
		memcpy(out + at, p->piece[i].data, ph->p_filesz);
		at += ph->p_filesz;
	}
	for (i = 0; i < p->nr_notes; i++, ph++) {
		*ph = p->note[i];
		ph->p_offset = at;
		memcpy(out + at, e->data + p->note[i].p_offset, ph->p_filesz);
		at += ph->p_filesz;
	}
}

int compact_elf(const struct elf *e, struct blob *out)
{
	struct plan *p = calloc(1, sizeof(*p));
	uint8_t *data;
	size_t len;
	int rc = -ENOMEM;

	if (!p)
		return rc;
	plan_pieces(e, p);
	plan_notes(e, p);
	len = total_size(p);
	data = blob_room(len);
	if (!data)
		goto out;
	emit(e, p, data);
	*out = (struct blob){.data = data, .len = len};
	rc = 0;
out:
	free(p);
	return rc;
}

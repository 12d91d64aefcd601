/*
 * format.c: the engine of snprintf() and printk()
 */
#include <hv/lib.h>

#define F_LEFT	1u
#define F_ZERO	2u
#define F_PLUS	4u
#define F_SPACE 8u
#define F_ALT	16u

struct out {
	char *p;     /* next byte, while n < size */
	size_t size; /* room, the final NUL included */
	size_t n;    /* bytes produced, stored or not */
};

static void put(struct out *o, char c)
{
	if (o->n + 1 < o->size)
		o->p[o->n] = c;
	o->n++;
}

static void pad(struct out *o, char c, int n)
{
	while (n-- > 0)
		put(o, c);
}

struct spec {
	unsigned int flags;
	int width;
	int prec; /* -1: none given */
};

static void put_string(struct out *o, const char *s, const struct spec *sp)
{
	int len = 0;

	if (!s)
		s = "(null)";
	while ((sp->prec < 0 || len < sp->prec) && s[len])
		len++;
	if (!(sp->flags & F_LEFT))
		pad(o, ' ', sp->width - len);
	for (int i = 0; i < len; i++)
		put(o, s[i]);
	if (sp->flags & F_LEFT)
		pad(o, ' ', sp->width - len);
}

static void put_number(struct out *o, u64 v, unsigned int base, bool upper,
		       char sign, const struct spec *sp)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char tmp[24];
	int n = 0, zeros, total;
	bool prefix = (sp->flags & F_ALT) && base == 16 && v;

	for (; v; v /= base)
		tmp[n++] = digits[v % base];
	zeros = (sp->prec < 0 ? 1 : sp->prec) - n;
	if (zeros < 0)
		zeros = 0;
	total = n + zeros + (sign ? 1 : 0) + (prefix ? 2 : 0);
	if ((sp->flags & F_ZERO) && !(sp->flags & F_LEFT) && sp->prec < 0 &&
	    total < sp->width) {
		zeros += sp->width - total;
		total = sp->width;
	}
	if (!(sp->flags & F_LEFT))
		pad(o, ' ', sp->width - total);
	if (sign)
		put(o, sign);
	if (prefix) {
		put(o, '0');
		put(o, upper ? 'X' : 'x');
	}
	pad(o, '0', zeros);
	while (n)
		put(o, tmp[--n]);
	if (sp->flags & F_LEFT)
		pad(o, ' ', sp->width - total);
}

static const char *parse_flags(const char *f, struct spec *sp)
{
	for (sp->flags = 0;; f++) {
		switch (*f) {
		case '-':
			sp->flags |= F_LEFT;
			break;
		case '0':
			sp->flags |= F_ZERO;
			break;
		case '+':
			sp->flags |= F_PLUS;
			break;
		case ' ':
			sp->flags |= F_SPACE;
			break;
		case '#':
			sp->flags |= F_ALT;
			break;
		default:
			return f;
		}
	}
}

static const char *parse_int(const char *f, int *v)
{
	for (*v = 0; *f >= '0' && *f <= '9'; f++)
		*v = *v * 10 + (*f - '0');
	return f;
}

/* Length modifiers as a number: -2 hh, -1 h, 0 none, 1 l or z, 2 ll */
static const char *parse_length(const char *f, int *len)
{
	*len = 0;
	for (;; f++) {
		if (*f == 'l' || *f == 'z' || *f == 't' || *f == 'j')
			++*len;
		else if (*f == 'h')
			--*len;
		else
			return f;
	}
}

static s64 signed_of(u64 v, int len)
{
	if (len > 0)
		return (s64)v;
	if (len == -1)
		return (s16)v;
	return len ? (s8)v : (s32)v;
}

static u64 unsigned_of(u64 v, int len)
{
	if (len > 0)
		return v;
	if (len == -1)
		return (u16)v;
	return len ? (u8)v : (u32)v;
}

static void put_signed(struct out *o, s64 v, const struct spec *sp)
{
	char sign = 0;

	if (v < 0)
		sign = '-';
	else if (sp->flags & F_PLUS)
		sign = '+';
	else if (sp->flags & F_SPACE)
		sign = ' ';
	put_number(o, v < 0 ? -(u64)v : (u64)v, 10, false, sign, sp);
}

/* The C library's va_list is an array type, which cannot be passed by address
 * portably from a parameter; a struct around it can. */
struct args {
	va_list ap;
};

static u64 fetch(struct args *a, int len)
{
	return len > 0 ? va_arg(a->ap, u64) : va_arg(a->ap, unsigned int);
}

static void convert(struct out *o, char c, int len, struct spec *sp,
		    struct args *a)
{
	switch (c) {
	case 'd':
	case 'i':
		put_signed(o, signed_of(fetch(a, len), len), sp);
		break;
	case 'u':
		put_number(o, unsigned_of(fetch(a, len), len), 10, false, 0,
			   sp);
		break;
	case 'o':
		put_number(o, unsigned_of(fetch(a, len), len), 8, false, 0, sp);
		break;
	case 'x':
	case 'X':
		put_number(o, unsigned_of(fetch(a, len), len), 16, c == 'X', 0,
			   sp);
		break;
	case 'p':
		sp->prec = 16;
		put_number(o, (uintptr_t)va_arg(a->ap, void *), 16, false, 0,
			   sp);
		break;
	case 's':
		put_string(o, va_arg(a->ap, const char *), sp);
		break;
	case 'c':
		if (!(sp->flags & F_LEFT))
			pad(o, ' ', sp->width - 1);
		put(o, (char)va_arg(a->ap, int));
		if (sp->flags & F_LEFT)
			pad(o, ' ', sp->width - 1);
		break;
	case '%':
		put(o, '%');
		break;
	default:
		/* Visible nonsense is better than silence. */
		put(o, '%');
		put(o, c);
	}
}

int hv_vformat(char *buf, size_t size, const char *f, va_list ap)
{
	struct out o = {buf, size, 0};
	struct args a;

	va_copy(a.ap, ap);
	while (*f) {
		struct spec sp = {0, 0, -1};
		int len;

		if (*f != '%') {
			put(&o, *f++);
			continue;
		}
		f = parse_flags(f + 1, &sp);
		if (*f == '*') {
			sp.width = va_arg(a.ap, int);
			if (sp.width < 0) {
				sp.flags |= F_LEFT;
				sp.width = -sp.width;
			}
			f++;
		} else {
			f = parse_int(f, &sp.width);
		}
		if (*f == '.') {
			if (*++f == '*') {
				sp.prec = va_arg(a.ap, int);
				f++;
			} else {
				f = parse_int(f, &sp.prec);
			}
		}
		f = parse_length(f, &len);
		if (!*f)
			break;
		convert(&o, *f++, len, &sp, &a);
	}
	va_end(a.ap);
	if (size)
		buf[o.n < size ? o.n : size - 1] = '\0';
	return (int)o.n;
}

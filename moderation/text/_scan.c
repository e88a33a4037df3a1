/* Folding and scanning by sound, in C. moderation/text/scanning.py says the same in Python, and tests hold the two together;
   the meaning of every array is told in scan_tables.py and sound_index.py. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define LEFT_OUT 0xFFFFFFFFu
#define EMOJI_CELL 0xFFFFFFFEu
#define SEVERAL 0x80000000u
#define OPTIONAL 0x80000000u /* set in the code of a cell that is no part of the folded text: an emoji that may be a word */
#define CODE(cell) ((cell).code & 0x7FFFFFFFu)
#define STRICT 0x80000000u /* set in what a pattern allows: a character often alone stands for no other */
#define AGAIN 0x80
#define UNLOCKED 4096 /* from so many cells on, other threads may run meanwhile */
#define SPLIT_BITS 18
#define NEIGHBOUR_BITS 22
#define SKIPS 8       /* so many emoji in a row may each be left out or read */

enum { READING, LOOK, NUMERAL, EMOJI, SPLIT, SYLLABLE };
/* The places of the folds in moderation.core.folded.FOLDS. */
enum { B_LOOK = 1 << 4, B_REPEATED = 1 << 7, B_NUMERAL = 1 << 9, B_EMOJI = 1 << 10, B_SPLIT = 1 << 11, B_PINYIN = 1 << 12, B_HOMOPHONE = 1 << 14 };

typedef struct { uint32_t code, at; } Cell;
typedef struct { uint32_t target; uint16_t cls; uint8_t way, length; } Token; /* length: in cells */
typedef struct { uint32_t start, end, owner, folds; } Hit;
typedef struct { uint32_t at, allowed, added, owner; } Writing;
typedef struct { uint32_t code, read, sound; } Character;
typedef struct { uint16_t third, longer; } Further;
typedef struct {
    uint32_t folded;
    uint32_t options : 24, plain : 1; /* plain: often alone, and read by itself only, so that strict patterns take it as it is */
} Point;                              /* of a code point: all in one look */

typedef struct {
    Cell *cells;
    Py_ssize_t count, room;
    Py_ssize_t solid; /* cells that are part of the folded text */
    int changed, lines, failed;
    Cell own[256];
} Cells;

typedef struct {
    PyObject_HEAD
    Py_buffer views[14];
    int opened;
    const uint32_t *several_at, *several, *split_parts, *split_target, *syllable;
    const uint16_t *split_class, *syllable_class;
    Point *points;
    Token *options;
    uint32_t limit, splits, syllables;
    const uint8_t *neighbours;
    uint8_t pair_filter[32768];
    uint8_t alone[8192]; /* a bit for each character of the BMP that is often a word by itself */
} Scanner;

typedef struct {
    PyObject_HEAD
    Py_buffer views[8];
    int opened;
    const uint32_t *pair_at;
    const Further *further;
    const uint8_t *threes, *strict, *triples, *quads;
    const Writing *writings;
    const Character *characters;
    uint32_t classes, three_shift, strict_shift, triple_shift, quad_shift;
    uint8_t *begin, *heard, *twos; /* a bit for each pair of classes: some longer pattern begins so; one of two characters
                                      may be found by sound or shape; any of two characters is so */
} Index;

static int open_views(PyObject *list, Py_buffer *views, int count, int *opened) {
    if (!PyList_Check(list) || PyList_GET_SIZE(list) != count) {
        PyErr_Format(PyExc_TypeError, "a list of %d arrays is needed", count);
        return -1;
    }
    for (*opened = 0; *opened < count; ++*opened)
        if (PyObject_GetBuffer(PyList_GET_ITEM(list, *opened), &views[*opened], PyBUF_SIMPLE) < 0) return -1;
    return 0;
}

static void close_views(Py_buffer *views, int opened) {
    while (opened > 0) PyBuffer_Release(&views[--opened]);
}

/* ---- folding ---- */

static inline int is_set(const uint8_t *bits, uint32_t i) { return bits[i >> 3] >> (i & 7) & 1; }

static inline int is_line_end(uint32_t c) { return (c >= 10 && c <= 13) || c == 0x85 || c == 0x2028 || c == 0x2029; }

static int put(Cells *to, uint32_t code, uint32_t at) {
    if (to->count == to->room) {
        Py_ssize_t room = to->room * 2;
        Cell *more = to->cells == to->own ? PyMem_RawMalloc(room * sizeof(Cell)) : PyMem_RawRealloc(to->cells, room * sizeof(Cell));
        if (!more) { to->failed = 1; return -1; }
        if (to->cells == to->own) memcpy(more, to->own, sizeof to->own);
        to->cells = more;
        to->room = room;
    }
    to->cells[to->count].code = code;
    to->cells[to->count++].at = at;
    return 0;
}

static inline void part_of_text(Cells *to, uint32_t code) {
    to->solid++;
    if (is_line_end(code)) to->lines = 1;
}

static void drop_vertical(Cells *in) {
    /* A line end goes where the line before or after it has one character; emoji do not count. */
    Py_ssize_t from = 0, to = 0, before = 0;
    while (from < in->count) {
        Py_ssize_t end = from, after = 0, ends = 0;
        for (; end < in->count && (in->cells[end].code & OPTIONAL || is_line_end(in->cells[end].code)); ++end)
            ends += !(in->cells[end].code & OPTIONAL);
        if (end == from) {
            in->cells[to++] = in->cells[from++];
            ++before;
            continue;
        }
        for (Py_ssize_t i = end; i < in->count && after < 2 && !is_line_end(in->cells[i].code); ++i)
            after += !(in->cells[i].code & OPTIONAL);
        int drop = ends && before && after && (before == 1 || after == 1);
        if (drop) {
            in->solid -= ends;
            in->changed = 1;
        }
        for (; from < end; ++from)
            if (!drop || in->cells[from].code & OPTIONAL) in->cells[to++] = in->cells[from];
        if (ends) before = 0;
    }
    in->count = to;
}

static int fold_cells(const Scanner *s, PyObject *text, Cells *to) {
    Py_ssize_t length = PyUnicode_GET_LENGTH(text);
    int kind = PyUnicode_KIND(text);
    const void *data = PyUnicode_DATA(text);
    memset(to, 0, offsetof(Cells, own));
    to->cells = to->own;
    to->room = 256;
    if (length > to->room) {
        to->cells = PyMem_RawMalloc(length * sizeof(Cell));
        to->room = length;
        if (!to->cells) { to->cells = to->own; to->failed = 1; return -1; }
    }
    for (Py_ssize_t i = 0; i < length; ++i) {
        uint32_t code = PyUnicode_READ(kind, data, i);
        uint32_t image = code < s->limit ? s->points[code].folded : LEFT_OUT;
        if (image == code) {
            if (put(to, code, (uint32_t)i) < 0) return -1;
            part_of_text(to, code);
            continue;
        }
        to->changed = 1;
        if (image == LEFT_OUT) continue;
        if (image == EMOJI_CELL) {
            if (put(to, code | OPTIONAL, (uint32_t)i) < 0) return -1;
        } else if (image & SEVERAL) {
            image &= ~SEVERAL;
            for (uint32_t k = s->several_at[image]; k < s->several_at[image + 1]; ++k) {
                if (put(to, s->several[k], (uint32_t)i) < 0) return -1;
                part_of_text(to, s->several[k]);
            }
        } else {
            if (put(to, image, (uint32_t)i) < 0) return -1;
            part_of_text(to, image);
        }
    }
    if (to->lines) drop_vertical(to);
    return 0;
}

static void free_cells(Cells *of) {
    if (of->cells != of->own) PyMem_RawFree(of->cells);
}

static PyObject *folded_text(PyObject *text, const Cells *of) {
    if (!of->changed) return Py_NewRef(text);
    uint32_t widest = 0;
    for (Py_ssize_t i = 0; i < of->count; ++i)
        if (!(of->cells[i].code & OPTIONAL)) widest |= CODE(of->cells[i]);
    PyObject *made = PyUnicode_New(of->solid, widest);
    if (!made) return NULL;
    int kind = PyUnicode_KIND(made);
    void *data = PyUnicode_DATA(made);
    Py_ssize_t to = 0;
    for (Py_ssize_t i = 0; i < of->count; ++i)
        if (!(of->cells[i].code & OPTIONAL)) PyUnicode_WRITE(kind, data, to++, CODE(of->cells[i]));
    return made;
}

/* ---- what each cell may stand for ---- */

/* What is told of the cells besides the tables: tokens of several cells, which most texts have none of, and ordinary words. */
typedef struct {
    Token *tokens;
    uint32_t *at; /* by cell, count + 1 of them; NULL while there is no token */
    uint32_t count, room;
    int failed;
    uint8_t *in_word; /* by cell, whether it makes part of an ordinary word with the one before or after, and so looks like no other */
    Token own[64];
    uint8_t own_in_word[256];
} Longer;

static void longer(Longer *to, const Cells *in, uint32_t p, uint16_t cls, uint32_t target, uint8_t way, uint32_t length) {
    if (!to->at && !(to->at = PyMem_RawCalloc(in->count + 1, sizeof(uint32_t)))) to->failed = 1;
    if (to->count == to->room) {
        uint32_t room = to->room * 2;
        Token *more = to->tokens == to->own ? PyMem_RawMalloc(room * sizeof(Token)) : PyMem_RawRealloc(to->tokens, room * sizeof(Token));
        if (!more) to->failed = 1;
        if (to->failed) return;
        if (to->tokens == to->own) memcpy(more, to->own, sizeof to->own);
        to->tokens = more;
        to->room = room;
    }
    if (to->failed) return;
    to->tokens[to->count++] = (Token){target, cls, way, (uint8_t)length};
    to->at[p + 1] = to->count;
}

static inline uint32_t pair_bit(uint32_t a, uint32_t b, int bits) { return ((a * 0x9E3779B1u) ^ (b * 0x85EBCA6Bu)) >> (32 - bits); }

static void split_tokens(const Scanner *s, const Cells *in, uint32_t p, Longer *to) {
    uint32_t a = in->cells[p].code, b = in->cells[p + 1].code, low = 0, high = s->splits, bit = pair_bit(a, b, SPLIT_BITS);
    if (!is_set(s->pair_filter, bit)) return;
    while (low < high) {
        uint32_t middle = (low + high) / 2, first = s->split_parts[4 * middle], second = s->split_parts[4 * middle + 1];
        if (first < a || (first == a && second < b)) low = middle + 1;
        else high = middle;
    }
    for (; low < s->splits && s->split_parts[4 * low] == a && s->split_parts[4 * low + 1] == b; ++low) {
        uint32_t parts = 2;
        while (parts < 4 && s->split_parts[4 * low + parts]) {
            if (p + parts >= (uint32_t)in->count || in->cells[p + parts].code != s->split_parts[4 * low + parts]) break;
            ++parts;
        }
        if (parts == 4 || !s->split_parts[4 * low + parts])
            longer(to, in, p, s->split_class[low], s->split_target[low], SPLIT, parts);
    }
}

static void syllable_tokens(const Scanner *s, const Cells *in, uint32_t p, Longer *to) {
    uint32_t key = 0;
    for (uint32_t length = 1; length <= 6 && p + length <= (uint32_t)in->count; ++length) {
        uint32_t code = in->cells[p + length - 1].code;
        if (code < 'a' || code > 'z') return;
        key |= (code - 96) << (30 - 5 * length);
        uint32_t low = 0, high = s->syllables;
        while (low < high) {
            uint32_t middle = (low + high) / 2;
            if (s->syllable[middle] < key) low = middle + 1;
            else high = middle;
        }
        if (low < s->syllables && s->syllable[low] == key) longer(to, in, p, s->syllable_class[low], key, SYLLABLE, length);
    }
}

static void read_longer(const Scanner *s, const Cells *in, Longer *to) {
    to->in_word = to->own_in_word;
    if (in->count > 256 && !(to->in_word = PyMem_RawMalloc(in->count))) {
        to->in_word = to->own_in_word;
        to->failed = 1;
        return;
    }
    memset(to->in_word, 0, in->count);
    for (Py_ssize_t p = 0; p + 1 < in->count; ++p)
        if (is_set(s->neighbours, pair_bit(in->cells[p].code, in->cells[p + 1].code, NEIGHBOUR_BITS))) to->in_word[p] = to->in_word[p + 1] = 1;
    for (uint32_t p = 0; p + 1 < (uint32_t)in->count && !to->failed; ++p) {
        uint32_t code = in->cells[p].code;
        if (to->at) to->at[p + 1] = to->count;
        split_tokens(s, in, p, to);
        if (code >= 'a' && code <= 'z') syllable_tokens(s, in, p, to);
    }
    if (to->at) to->at[in->count] = to->count;
}

/* ---- scanning ---- */

typedef struct {
    const Scanner *s;
    const Index *x;
    const Cells *in;
    const Longer *of;
    uint32_t enabled;
    Hit *hits;
    Py_ssize_t count, room;
    int failed;
} Scan;

/* The tokens at a cell: those of several cells (own 0), and those of one (own 1). */
static inline const Token *tokens_from(const Scan *scan, uint32_t p, int own) {
    if (!own) return scan->of->at ? scan->of->tokens + scan->of->at[p] : NULL;
    uint32_t code = CODE(scan->in->cells[p]);
    return scan->s->options + scan->s->points[code < scan->s->limit ? code : scan->s->limit].options;
}

static inline const Token *tokens_to(const Scan *scan, uint32_t p, int own) {
    if (!own) return scan->of->at ? scan->of->tokens + scan->of->at[p + 1] : NULL;
    uint32_t code = CODE(scan->in->cells[p]) + 1;
    return scan->s->options + scan->s->points[code < scan->s->limit ? code : scan->s->limit].options;
}

/* A `break` where `t->way & AGAIN` leaves out those of a class that came before, which are the last. */
#define EACH_TOKEN(t, scan, p)                \
    for (int own_##t = 0; own_##t < 2; ++own_##t) \
        for (const Token *t = tokens_from(scan, p, own_##t), *end_##t = tokens_to(scan, p, own_##t); t < end_##t; ++t)

static inline uint32_t run_end(const Cells *in, uint32_t p) {
    /* Past the cells that repeat the one before p. */
    while (p < (uint32_t)in->count && in->cells[p].code == in->cells[p - 1].code) ++p;
    return p;
}

static inline int fits(const Token *t, const Character *c, uint32_t *folds) {
    switch (t->way & ~AGAIN) {
    case READING: *folds = t->target == c->code ? 0 : B_HOMOPHONE; return 1;
    case LOOK: *folds = B_LOOK; return t->target == c->code;
    case NUMERAL: *folds = B_NUMERAL; return t->target == c->code;
    case EMOJI: *folds = t->target == c->code ? B_EMOJI : B_EMOJI | B_HOMOPHONE; return 1;
    case SPLIT: *folds = t->target == c->code ? B_SPLIT : B_SPLIT | B_HOMOPHONE; return 1;
    default: *folds = B_PINYIN; return t->target == c->read;
    }
}

static int often_alone(const Scanner *s, uint32_t code) { return code < 65536 && is_set(s->alone, code); }

/* The end of the first way to read the rest of a pattern from cell p on, or 0; a way with fewer folds first. */
static uint32_t match(const Scan *scan, uint32_t pattern, uint32_t k, uint32_t p, uint32_t allowed, uint32_t seen, uint32_t *folds) {
    const Index *x = scan->x;
    const Cells *in = scan->in;
    const Character *c = &x->characters[x->writings[pattern].at + k], *last = &x->characters[x->writings[pattern + 1].at - 1];
    uint32_t p_end = p;
    while (k && p_end < (uint32_t)in->count && p_end - p < SKIPS && in->cells[p_end].code & OPTIONAL) ++p_end;
    if (p_end == (uint32_t)in->count) {
        if (p_end == p) return 0;
        --p_end;
    }
    /* The text without its emoji first, and then with ever more of them read. */
    for (uint32_t first = p, skipped = p_end - p;; --skipped) {
        p = first + skipped;
        /* Those that read the very character first, and then those that only sound like it. */
        for (int by_sound = 0; by_sound < 2; ++by_sound) {
            EACH_TOKEN(t, scan, p) {
                uint32_t bits, end;
                if (t->cls != c->sound || !fits(t, c, &bits)) continue;
                if (bits & B_LOOK && scan->of->in_word[p]) continue;
                if (by_sound != !!(bits & B_HOMOPHONE) || bits & ~allowed) continue;
                if (allowed & STRICT && bits & (B_HOMOPHONE | B_LOOK) && often_alone(scan->s, CODE(in->cells[p]))) continue;
                if (c == last) { *folds = seen | bits; return p + t->length; }
                if ((end = match(scan, pattern, k + 1, p + t->length, allowed, seen | bits, folds))) return end;
                if (k && (allowed & B_REPEATED)) {
                    uint32_t past = run_end(in, p + t->length);
                    if (past > p + t->length && (end = match(scan, pattern, k + 1, past, allowed, seen | bits | B_REPEATED, folds))) return end;
                }
            }
        }
        if (!skipped) break;
    }
    return 0;
}

static void try_pattern(Scan *scan, uint32_t pattern, uint32_t p, Py_ssize_t first) {
    const Index *x = scan->x;
    const Writing *w = &x->writings[pattern];
    uint32_t folds, end;
    if (w->added & ~scan->enabled) return;
    if (!(end = match(scan, pattern, 0, p, w->allowed & (scan->enabled | STRICT), w->added, &folds)) || !folds) return;
    for (Py_ssize_t i = first; i < scan->count; ++i)
        if (scan->hits[i].owner == w->owner) return;
    if (scan->count == scan->room) {
        Py_ssize_t room = scan->room ? scan->room * 2 : 16;
        Hit *more = PyMem_RawRealloc(scan->hits, room * sizeof(Hit));
        if (!more) { scan->failed = 1; return; }
        scan->hits = more;
        scan->room = room;
    }
    Hit *hit = &scan->hits[scan->count++];
    hit->start = scan->in->cells[p].at;
    hit->end = scan->in->cells[end - 1].at + 1;
    hit->owner = w->owner;
    hit->folds = folds;
}

#define MIXED 0x9E3779B1u

static int is_quad(const Scan *scan, uint32_t p, uint32_t triple) {
    const Index *x = scan->x;
    for (int skips = 0; p < (uint32_t)scan->in->count; ++p, ++skips) {
        EACH_TOKEN(t, scan, p)
            if (is_set(x->quads, ((triple * MIXED + t->cls) * MIXED) >> x->quad_shift)) return 1;
        if (!(scan->in->cells[p].code & OPTIONAL) || skips == SKIPS) break;
    }
    return 0;
}

/* Whether a class that may be read from a cell on, or after the repetitions that begin there, makes four that begin some pattern. */
static int may_follow(const Scan *scan, uint32_t p, uint32_t triple) {
    if (is_quad(scan, p, triple)) return 1;
    uint32_t past = run_end(scan->in, p);
    return past > p && is_quad(scan, past, triple);
}

/* The patterns of an index that begin with three classes: those of three characters, or the longer ones. */
static void try_beginning(Scan *scan, uint32_t p, uint32_t prefix, uint32_t third, Py_ssize_t first, int longer) {
    const Index *x = scan->x;
    uint32_t from = x->pair_at[prefix], high = x->pair_at[prefix + 1], to = high;
    while (from < to) {
        uint32_t middle = (from + to) / 2;
        if (x->further[middle].third < third) from = middle + 1;
        else to = middle;
    }
    for (; from < high && x->further[from].third == third; ++from)
        if (longer == x->further[from].longer) try_pattern(scan, from, p, first);
}

static inline void try_triple(Scan *scan, uint32_t p, uint32_t prefix, uint32_t third, uint32_t next, Py_ssize_t first, int plain) {
    const Index *x = scan->x;
    uint32_t triple = prefix * x->classes + third, mixed = triple * MIXED;
    if (is_set(x->threes, mixed >> x->three_shift) || (!plain && is_set(x->strict, mixed >> x->strict_shift)))
        try_beginning(scan, p, prefix, third, first, 0);
    if (is_set(x->triples, mixed >> x->triple_shift) && may_follow(scan, next, triple)) try_beginning(scan, p, prefix, third, first, 1);
}

static void try_third(Scan *scan, uint32_t p, uint32_t r, uint32_t prefix, int looks, Py_ssize_t first) {
    for (int skips = 0; r < (uint32_t)scan->in->count; ++r, ++skips) {
        EACH_TOKEN(t, scan, r) {
            if (t->way & AGAIN) break;
            if (t->way == LOOK && (looks > 1 || scan->of->in_word[r])) continue;
            try_triple(scan, p, prefix, t->cls, r + t->length, first, 0);
        }
        if (!(scan->in->cells[r].code & OPTIONAL) || skips == SKIPS) break;
    }
}

static void try_pair(Scan *scan, uint32_t p, const Token *a, uint32_t q, const Token *b, Py_ssize_t first) {
    const Index *x = scan->x;
    const Cells *in = scan->in;
    uint32_t prefix = (uint32_t)a->cls * x->classes + b->cls;
    int special = (a->way & ~AGAIN) >= SPLIT || (b->way & ~AGAIN) >= SPLIT || (in->cells[p].code | in->cells[q].code) & OPTIONAL;
    if (is_set(special ? x->twos : x->heard, prefix))
        for (uint32_t i = x->pair_at[prefix]; i < x->pair_at[prefix + 1] && !x->further[i].third; ++i) try_pattern(scan, i, p, first);
    if (!is_set(x->begin, prefix)) return;
    uint32_t next = q + b->length, past = run_end(in, next);
    int looks = (a->way == LOOK) + (b->way == LOOK);
    try_third(scan, p, next, prefix, looks, first);
    if (past > next) try_third(scan, p, past, prefix, looks, first);
}

static inline int is_simple(const Scan *scan, uint32_t p) {
    const Longer *of = scan->of;
    return !(scan->in->cells[p].code & OPTIONAL) && !(of->at && of->at[p] < of->at[p + 1]);
}

/* Of the first three, two may be read by their looks; more would cost too much. The same for three cells in a row that are read one by one and in no other way, as in most of all text. */
static void try_simple(Scan *scan, uint32_t p, Py_ssize_t first) {
    const Index *x = scan->x;
    const Token *one = tokens_from(scan, p, 1), *two = tokens_from(scan, p + 1, 1), *three = tokens_from(scan, p + 2, 1);
    const Token *one_end = tokens_to(scan, p, 1), *two_end = tokens_to(scan, p + 1, 1), *three_end = tokens_to(scan, p + 2, 1);
    const uint8_t *in_word = &scan->of->in_word[p];
    int plain = 1;
    for (uint32_t i = p; i < p + 3; ++i) plain &= scan->in->cells[i].code < scan->s->limit && scan->s->points[scan->in->cells[i].code].plain;
    for (const Token *a = one; a < one_end && !(a->way & AGAIN || (in_word[0] && a->way == LOOK)); ++a)
        for (const Token *b = two; b < two_end && !(b->way & AGAIN || (in_word[1] && b->way == LOOK)); ++b) {
            uint32_t prefix = (uint32_t)a->cls * x->classes + b->cls;
            if (is_set(x->heard, prefix))
                for (uint32_t i = x->pair_at[prefix]; i < x->pair_at[prefix + 1] && !x->further[i].third; ++i) try_pattern(scan, i, p, first);
            int looks = (a->way == LOOK) + (b->way == LOOK);
            if (!is_set(x->begin, prefix)) continue;
            for (const Token *t = three; t < three_end && !(t->way & AGAIN || ((looks > 1 || in_word[2]) && t->way == LOOK)); ++t)
                try_triple(scan, p, prefix, t->cls, p + 3, first, plain);
        }
}

static void scan_cells(Scan *scan) {
    const Cells *in = scan->in;
    for (uint32_t p = 0; p < (uint32_t)in->count; ++p) {
        Py_ssize_t first = scan->count;
        if (p + 2 < (uint32_t)in->count && is_simple(scan, p) && is_simple(scan, p + 1) && is_simple(scan, p + 2) &&
            in->cells[p + 1].code != in->cells[p + 2].code) {
            try_simple(scan, p, first);
            continue;
        }
        EACH_TOKEN(a, scan, p) {
            if (a->way & AGAIN) break;
            if (a->way == LOOK && scan->of->in_word[p]) continue;
            uint32_t q = p + a->length;
            for (int skips = 0; q < (uint32_t)in->count; ++q, ++skips) {
                EACH_TOKEN(b, scan, q) {
                    if (b->way & AGAIN) break;
                    if (b->way == LOOK && scan->of->in_word[q]) continue;
                    try_pair(scan, p, a, q, b, first);
                }
                if (!(in->cells[q].code & OPTIONAL) || skips == SKIPS) break;
            }
        }
    }
}

static PyTypeObject IndexType;

static PyObject *hits_list(const Scan *scan) {
    PyObject *list = PyList_New(scan->count);
    for (Py_ssize_t i = 0; list && i < scan->count; ++i) {
        const Hit *hit = &scan->hits[i];
        PyObject *row = Py_BuildValue("(IIII)", hit->start, hit->end, hit->owner, hit->folds);
        if (!row) Py_CLEAR(list);
        else PyList_SET_ITEM(list, i, row);
    }
    return list;
}

static PyObject *Scanner_scan(Scanner *self, PyObject *const *args, Py_ssize_t given) {
    if (given != 3 || !PyUnicode_Check(args[0]) || !PyObject_TypeCheck(args[1], &IndexType)) {
        PyErr_SetString(PyExc_TypeError, "scan(text: str, index: Index, enabled: int)");
        return NULL;
    }
    unsigned long enabled = PyLong_AsUnsignedLong(args[2]);
    if (enabled == (unsigned long)-1 && PyErr_Occurred()) return NULL;
    Cells cells;
    Longer tokens;
    Scan scan = {self, (Index *)args[1], &cells, &tokens, (uint32_t)enabled, NULL, 0, 0, 0};
    PyObject *folded = NULL, *hits = NULL, *both = NULL;
    memset(&tokens, 0, offsetof(Longer, own));
    tokens.tokens = tokens.own, tokens.room = 64, tokens.in_word = tokens.own_in_word;
    if (fold_cells(self, args[0], &cells) < 0) goto done;
    PyThreadState *released = cells.count >= UNLOCKED ? PyEval_SaveThread() : NULL;
    read_longer(self, &cells, &tokens);
    if (!tokens.failed) scan_cells(&scan);
    if (released) PyEval_RestoreThread(released);
    if (tokens.failed || scan.failed) goto done;
    folded = folded_text(args[0], &cells);
    hits = folded ? hits_list(&scan) : NULL;
    both = hits ? PyTuple_Pack(2, folded, hits) : NULL;
done:
    if (!both && !PyErr_Occurred()) PyErr_NoMemory();
    if (tokens.tokens != tokens.own) PyMem_RawFree(tokens.tokens);
    PyMem_RawFree(tokens.at);
    if (tokens.in_word != tokens.own_in_word) PyMem_RawFree(tokens.in_word);
    PyMem_RawFree(scan.hits);
    free_cells(&cells);
    Py_XDECREF(folded);
    Py_XDECREF(hits);
    return both;
}

static PyObject *Scanner_fold(Scanner *self, PyObject *text) {
    Cells cells;
    PyObject *made = NULL;
    if (!PyUnicode_Check(text)) return PyErr_Format(PyExc_TypeError, "fold(text: str)");
    if (fold_cells(self, text, &cells) == 0) made = folded_text(text, &cells);
    else PyErr_NoMemory();
    free_cells(&cells);
    return made;
}

static PyObject *Scanner_offsets(Scanner *self, PyObject *text) {
    Cells cells;
    PyObject *list = NULL;
    if (!PyUnicode_Check(text)) return PyErr_Format(PyExc_TypeError, "offsets(text: str)");
    if (fold_cells(self, text, &cells) < 0) PyErr_NoMemory();
    else list = PyList_New(cells.solid);
    for (Py_ssize_t i = 0, to = 0; list && i < cells.count; ++i) {
        if (cells.cells[i].code & OPTIONAL) continue;
        PyObject *at = PyLong_FromUnsignedLong(cells.cells[i].at);
        if (!at) Py_CLEAR(list);
        else PyList_SET_ITEM(list, to++, at);
    }
    free_cells(&cells);
    return list;
}

static int Scanner_init(Scanner *self, PyObject *args, PyObject *kwargs) {
    PyObject *list;
    (void)kwargs;
    if (!PyArg_ParseTuple(args, "O", &list) || open_views(list, self->views, 14, &self->opened) < 0) return -1;
    const uint32_t *folded = self->views[0].buf, *option_at = self->views[3].buf, *target = self->views[5].buf;
    const uint16_t *cls = self->views[4].buf;
    const uint8_t *way = self->views[6].buf;
    self->several_at = self->views[1].buf, self->several = self->views[2].buf;
    self->split_parts = self->views[7].buf, self->split_target = self->views[8].buf, self->split_class = self->views[9].buf;
    self->syllable = self->views[10].buf, self->syllable_class = self->views[11].buf;
    self->limit = (uint32_t)(self->views[0].len / 4);
    self->splits = (uint32_t)(self->views[8].len / 4);
    self->syllables = (uint32_t)(self->views[10].len / 4);
    self->points = PyMem_Calloc(self->limit + 1, sizeof(Point));
    self->options = PyMem_Calloc(self->views[6].len + 1, sizeof(Token));
    if (!self->points || !self->options) return PyErr_NoMemory(), -1;
    for (uint32_t i = 0; i < self->limit; ++i) self->points[i] = (Point){folded[i], option_at[i], 0};
    self->points[self->limit].options = option_at[self->limit];
    for (Py_ssize_t i = 0; i < self->views[6].len; ++i) self->options[i] = (Token){target[i], cls[i], way[i], 1};
    for (uint32_t i = 0; i < self->splits; ++i) {
        uint32_t bit = pair_bit(self->split_parts[4 * i], self->split_parts[4 * i + 1], SPLIT_BITS);
        self->pair_filter[bit >> 3] |= (uint8_t)(1 << (bit & 7));
    }
    self->neighbours = self->views[13].buf;
    const uint32_t *alone = self->views[12].buf;
    for (Py_ssize_t i = 0; i < self->views[12].len / 4; ++i)
        if (alone[i] < 65536) {
            self->alone[alone[i] >> 3] |= (uint8_t)(1 << (alone[i] & 7));
            Point *point = &self->points[alone[i]];
            point->plain = 1;
            for (uint32_t k = point->options; k < point[1].options; ++k) point->plain &= (self->options[k].way & ~AGAIN) <= LOOK;
        }
    return 0;
}

static int Index_init(Index *self, PyObject *args, PyObject *kwargs) {
    PyObject *list;
    (void)kwargs;
    if (!PyArg_ParseTuple(args, "OIIIII", &list, &self->classes, &self->three_shift, &self->strict_shift, &self->triple_shift, &self->quad_shift) ||
        open_views(list, self->views, 8, &self->opened) < 0) return -1;
    self->three_shift = 32 - self->three_shift, self->strict_shift = 32 - self->strict_shift;
    self->triple_shift = 32 - self->triple_shift, self->quad_shift = 32 - self->quad_shift;
    self->pair_at = self->views[0].buf, self->further = self->views[1].buf;
    self->threes = self->views[2].buf, self->strict = self->views[3].buf;
    self->triples = self->views[4].buf, self->quads = self->views[5].buf;
    self->writings = self->views[6].buf, self->characters = self->views[7].buf;
    uint32_t square = self->classes * self->classes, bytes = square / 8 + 1;
    if (!(self->begin = PyMem_Calloc(3, bytes))) return PyErr_NoMemory(), -1;
    self->heard = self->begin + bytes;
    self->twos = self->heard + bytes;
    for (uint32_t pair = 0; pair < square; ++pair)
        for (uint32_t i = self->pair_at[pair]; i < self->pair_at[pair + 1]; ++i) {
            uint8_t bit = (uint8_t)(1 << (pair & 7));
            (self->further[i].third ? self->begin : self->twos)[pair >> 3] |= bit;
            if (!self->further[i].third && self->writings[i].allowed & (B_LOOK | B_HOMOPHONE)) self->heard[pair >> 3] |= bit;
        }
    return 0;
}

static void Scanner_dealloc(Scanner *self) {
    PyMem_Free(self->points);
    PyMem_Free(self->options);
    close_views(self->views, self->opened);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static void Index_dealloc(Index *self) {
    PyMem_Free(self->begin);
    close_views(self->views, self->opened);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyMethodDef scanner_methods[] = {
    {"fold", (PyCFunction)Scanner_fold, METH_O, "fold(text) -> the folded text"},
    {"offsets", (PyCFunction)Scanner_offsets, METH_O, "offsets(text) -> for each folded character, its place in the text"},
    {"scan", (PyCFunction)(void (*)(void))Scanner_scan, METH_FASTCALL, "scan(text, index, enabled) -> (the folded text, [(start, end, owner, folds)])"},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject ScannerType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "moderation.text._scan.Scanner",
    .tp_basicsize = sizeof(Scanner),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "Scanner([the arrays of ScanTables])",
    .tp_new = PyType_GenericNew,
    .tp_init = (initproc)Scanner_init,
    .tp_dealloc = (destructor)Scanner_dealloc,
    .tp_methods = scanner_methods,
};

static PyTypeObject IndexType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "moderation.text._scan.Index",
    .tp_basicsize = sizeof(Index),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "Index([the arrays of SoundIndex], number of classes, *FILTER_BITS)",
    .tp_new = PyType_GenericNew,
    .tp_init = (initproc)Index_init,
    .tp_dealloc = (destructor)Index_dealloc,
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_scan", NULL, -1, NULL, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__scan(void) {
    PyObject *module = PyModule_Create(&definition);
    if (!module) return NULL;
    if (PyType_Ready(&ScannerType) < 0 || PyType_Ready(&IndexType) < 0 ||
        PyModule_AddObjectRef(module, "Scanner", (PyObject *)&ScannerType) < 0 ||
        PyModule_AddObjectRef(module, "Index", (PyObject *)&IndexType) < 0)
        Py_CLEAR(module);
    return module;
}

/* The data that all parts share, and folding a text to cells. Part of _scan.c. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LEFT_OUT 0xFFFFFFFFu
#define EMOJI_CELL 0xFFFFFFFEu
#define SEVERAL 0x80000000u
#define OPTIONAL 0x80000000u /* set in the code of a cell that is no part of the folded text: an emoji that may be a word */
#define CODE(cell) ((cell).code & 0x7FFFFFFFu)
#define STRICT 0x80000000u /* set in what a pattern allows: only a character that stands oddly, and is not often alone, stands for another */
#define AGAIN 0x80
#define UNLOCKED 4096 /* from so many cells on, other threads may run meanwhile */
#define SPLIT_SHIFT 19
#define NEIGHBOUR_BITS 14
#define SKIPS 3           /* so many emoji in a row may each be left out or read */
#define MOST_EMOJI 1000   /* so many of a text are read; the rest is left out */

enum { READING, LOOK, NUMERAL, EMOJI, SPLIT, SYLLABLE };
/* The places of the folds in moderation.core.folded.FOLDS. */
enum { B_LOOK = 1 << 4, B_REPEATED = 1 << 7, B_NUMERAL = 1 << 9, B_EMOJI = 1 << 10, B_SPLIT = 1 << 11, B_PINYIN = 1 << 12, B_HOMOPHONE = 1 << 14 };
/* Without all of these there is nothing to scan for. */
#define B_SCANNED (B_LOOK | B_REPEATED | B_NUMERAL | B_EMOJI | B_SPLIT | B_PINYIN | B_HOMOPHONE)

typedef struct { uint32_t code, at; } Cell;
typedef struct { uint32_t target; uint16_t cls; uint8_t way, length; } Token; /* length: in cells */
typedef struct { uint32_t start, end, owner, folds; } Hit;
typedef struct { uint32_t at, allowed, added, owner; } Writing;
typedef uint64_t Character; /* code point, class and packed reading, by the macros */
#define CHARACTER_CODE(c) ((uint32_t)((c) & 0x1FFFFF))
#define CHARACTER_SOUND(c) ((uint32_t)((c) >> 21 & 0x7FF))
#define CHARACTER_READ(c) ((uint32_t)((c) >> 32))
typedef struct { uint16_t third, fourth; } Further;
typedef struct { uint32_t start, end, number; } Match;
typedef struct {
    const uint64_t *twos, *threes;
    const uint32_t *bucket_at, *at, *codes, *number;
    int two_shift, three_shift, bucket_shift;
} Plain;
/* A cell as scanning looks at it first. */
typedef struct {
    uint16_t first, second; /* the classes that it may be read as, but for look-alikes; 0 for none */
    uint16_t flags;
    uint16_t classes; /* how many distinct classes there are with those of its look-alikes */
} Unit;
typedef struct { uint32_t folded, options; Unit unit; } Point; /* of a code point: all in one look */

typedef struct {
    Cell *cells;
    Py_ssize_t count, room;
    Py_ssize_t solid; /* cells that are part of the folded text */
    int changed, lines, failed;
    Cell own[256];
} Cells;

typedef struct {
    PyObject_HEAD
    Py_buffer views[15];
    int opened;
    const uint32_t *several_at, *several, *split_parts, *split_target, *syllable;
    const uint16_t *split_class, *syllable_class;
    Point *points;
    Unit *units; /* of the code points of the BMP that fold to themselves, the commonest ones together, by `places` */
    uint16_t *places;
    Token *options;
    uint16_t *classes; /* those of the options, the distinct ones of a code point first */
    uint32_t limit, splits, syllables;
    const uint64_t *neighbours;
    uint64_t pair_filter[1 << (32 - SPLIT_SHIFT)]; /* of the first two parts of characters */
} Scanner;

typedef struct {
    PyObject_HEAD
    Py_buffer views[14];
    int opened;
    PyObject *scanner;
    Plain plain;
    const uint32_t *pair_at;
    const Further *further;
    const uint64_t *threes, *strict, *quads, *gaps; /* filters */
    const Writing *writings;
    const Character *characters;
    uint32_t classes, three_shift, strict_shift, quad_shift, gap_shift;
    int has_threes, has_heard; /* whether any pattern of three characters is not strict; whether `heard` has any */
    uint64_t *heard_rows, *heard_columns; /* by class, the second or first classes that `heard` has with it, each by its last six bits */
    uint8_t *begin, *heard, *twos; /* a bit for each pair of classes: some longer pattern begins so; one of two characters
                                      may be found in plain text, by sound; any of two characters is so */
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

/* Whether a filter has a hash: three bits of one of its words. */
static inline int has(const uint64_t *filter, uint32_t hash, uint32_t shift) {
    uint64_t bits = (uint64_t)1 << (hash & 63) | (uint64_t)1 << (hash >> 6 & 63) | (uint64_t)1 << (hash >> 12 & 63);
    return (filter[hash >> shift] & bits) == bits;
}

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
    uint32_t emoji = 0;
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
        if (code < 65536 && s->places[code]) {
            if (put(to, code, (uint32_t)i) < 0) return -1;
            part_of_text(to, code);
            continue;
        }
        uint32_t image = code < s->limit ? s->points[code].folded : LEFT_OUT;
        if (image == code) {
            if (put(to, code, (uint32_t)i) < 0) return -1;
            part_of_text(to, code);
            continue;
        }
        to->changed = 1;
        if (image == LEFT_OUT) continue;
        if (image == EMOJI_CELL) {
            if (emoji++ >= MOST_EMOJI) continue;
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

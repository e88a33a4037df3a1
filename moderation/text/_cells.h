/* Folding a text to cells, and what besides themselves the cells may stand for. Part of _scan.c. */

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
#define SKIPS 3           /* so many emoji in a row may each be left out or read */
#define MOST_EMOJI 1000   /* so many of a text are read; the rest is left out */

enum { READING, LOOK, NUMERAL, EMOJI, SPLIT, SYLLABLE };
/* The places of the folds in moderation.core.folded.FOLDS. */
enum { B_LOOK = 1 << 4, B_REPEATED = 1 << 7, B_NUMERAL = 1 << 9, B_EMOJI = 1 << 10, B_SPLIT = 1 << 11, B_PINYIN = 1 << 12, B_HOMOPHONE = 1 << 14, B_REVERSED = 1 << 15, B_SHUFFLED = 1 << 16 };
/* Without all of these there is nothing to scan for. */
#define B_SCANNED (B_LOOK | B_REPEATED | B_NUMERAL | B_EMOJI | B_SPLIT | B_PINYIN | B_HOMOPHONE | B_REVERSED | B_SHUFFLED)

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
                                      may be found in plain text, by sound or backwards; any of two characters is so */
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

/* ---- what each cell may stand for ---- */

/* What is told of the cells besides the tables: tokens of several cells, which most texts have none of, and ordinary words. */
typedef struct {
    Token *tokens;
    uint32_t *at; /* by cell, count + 1 of them; NULL while there is no token */
    uint32_t count, room;
    int failed;
    uint8_t *in_word; /* by cell, whether it makes part of an ordinary word with the one before or after, and so looks like no other */
    Token own[64];
    uint32_t *past; /* by cell, past those from it on that repeat the one before it; itself where it does not */
    uint8_t own_in_word[256];
    uint32_t own_past[257];
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

static void read_longer(const Scanner *s, const Cells *in, uint32_t enabled, Longer *to) {
    to->in_word = to->own_in_word, to->past = to->own_past;
    if (in->count > 256) {
        to->in_word = PyMem_RawMalloc(in->count);
        to->past = PyMem_RawMalloc((in->count + 1) * sizeof(uint32_t));
        if (!to->in_word || !to->past) {
            to->failed = 1;
            return;
        }
    }
    to->past[in->count] = (uint32_t)in->count;
    for (Py_ssize_t p = in->count - 1; p >= 0; --p)
        to->past[p] = p > 0 && in->cells[p].code == in->cells[p - 1].code ? to->past[p + 1] : (uint32_t)p;
    /* Where no look-alike counts, every cell is as good as in a word. */
    memset(to->in_word, !(enabled & B_LOOK), in->count);
    for (Py_ssize_t p = 0; enabled & B_LOOK && p + 1 < in->count; ++p)
        if (is_set(s->neighbours, pair_bit(in->cells[p].code, in->cells[p + 1].code, NEIGHBOUR_BITS))) to->in_word[p] = to->in_word[p + 1] = 1;
    for (uint32_t p = 0; p + 1 < (uint32_t)in->count && !to->failed; ++p) {
        uint32_t code = in->cells[p].code;
        if (to->at) to->at[p + 1] = to->count;
        if (enabled & B_SPLIT) split_tokens(s, in, p, to);
        if (enabled & B_PINYIN && code >= 'a' && code <= 'z') syllable_tokens(s, in, p, to);
    }
    if (to->at) to->at[in->count] = to->count;
}

/* What each cell may stand for besides itself. Part of _scan.c. */

#define BEYOND 3 /* so many units after the last, of nothing that is read */

enum {
    SINGLE = 1,     /* of a code point: it is read as at most two classes, its look-alikes not counted; of a cell: and no otherwise */
    TWO = 2,        /* it is read as two classes */
    READ_ONLY = 4,  /* it is read by itself and by its looks only: it is no number or letter */
    ALONE = 16,     /* it is often a word by itself */
    MORE = 32,      /* it may begin a token of several cells */
    ODD = 128,      /* of a code point: it has look-alikes; of a cell: and makes no part of an ordinary word with the one before or after */
    SAME = 256,     /* it repeats the cell before */
    LETTER = 512,   /* a Latin one */
};

typedef struct {
    Token *tokens; /* those of several cells, which most texts have none of */
    uint32_t *at;  /* by cell, where its tokens begin, count + 1 of them; NULL while there is no token */
    uint32_t count, room;
    int failed;
    uint32_t more; /* whether any may */
    Unit *units;
    uint32_t *past; /* by cell, past those from it on that repeat the one before it; NULL while none does */
    Token own[64];
    Unit own_units[256 + BEYOND];
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

static inline uint32_t pair_hash(uint32_t a, uint32_t b) { return (a * 0x9E3779B1u ^ b * 0x85EBCA6Bu) * 0x27D4EB2Fu; }

static void split_tokens(const Scanner *s, const Cells *in, uint32_t p, Longer *to) {
    uint32_t a = in->cells[p].code, b = in->cells[p + 1].code, low = 0, high = s->splits;
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

/* Whether two characters next to one another make part of an ordinary word. */
static inline int are_neighbours(const Scanner *s, uint32_t one, uint32_t other) {
    uint32_t pair = one * 0x9E3779B1u ^ other * 0x85EBCA6Bu;
    uint64_t bits = (uint64_t)1 << (pair & 63) | (uint64_t)1 << (pair >> 6 & 63);
    return (s->neighbours[pair >> (32 - NEIGHBOUR_BITS)] & bits) == bits;
}

/* The units of all cells. Of cells without look-alikes none stands oddly. What is true of one in three cells is no reason to jump,
   for it cannot be foretold; so there are no jumps here. */
static void read_units(const Scanner *s, const Cells *in, uint32_t enabled, Longer *to) {
    uint32_t count = (uint32_t)in->count, before = 0xFFFFFFFFu, same = 0, more = 0;
    uint32_t splits = enabled & B_SPLIT ? MORE : 0, letters = enabled & B_PINYIN ? LETTER : 0;
    Unit *units = to->units, last = {0, 0, 0, 0};
    for (uint32_t p = 0; p < count; ++p) {
        uint32_t code = in->cells[p].code;
        Unit unit = code < 65536 ? s->units[s->places[code]] : s->points[code < s->limit ? code : s->limit].unit;
        uint32_t apart = p && are_neighbours(s, before, code) ? 0 : ODD, again = code == before ? SAME : 0;
        uint32_t joined = has(s->pair_filter, pair_hash(before, code), SPLIT_SHIFT) ? splits : 0;
        unit.flags = (uint16_t)(unit.flags | again | (unit.flags & LETTER & letters ? MORE : 0));
        unit.flags = (uint16_t)(unit.flags & (apart | ~(uint32_t)ODD));
        last.flags = (uint16_t)((last.flags & (apart | ~(uint32_t)ODD)) | joined);
        same |= again, more |= last.flags;
        if (p) units[p - 1] = last;
        last = unit, before = code;
    }
    if (count) units[count - 1] = last;
    to->more = more & MORE;
    for (uint32_t p = count; p < count + BEYOND; ++p) units[p] = (Unit){0, 0, SINGLE | ALONE | READ_ONLY, 0};
    if (!same) return;
    if (!(to->past = PyMem_RawMalloc((count + 1) * sizeof(uint32_t)))) {
        to->failed = 1;
        return;
    }
    to->past[count] = count;
    for (uint32_t p = count; p-- > 0;) to->past[p] = units[p].flags & SAME ? to->past[p + 1] : p;
}

static void read_longer(const Scanner *s, const Cells *in, uint32_t enabled, Longer *to) {
    uint32_t count = (uint32_t)in->count;
    to->units = to->own_units;
    if (count > 256 && !(to->units = PyMem_RawMalloc((count + BEYOND) * sizeof(Unit)))) to->failed = 1;
    if (to->failed) return;
    read_units(s, in, enabled, to);
    for (uint32_t p = 0; to->more && p < count && !to->failed; ++p) {
        uint32_t held = to->count;
        if (to->at) to->at[p + 1] = to->count;
        if (!(to->units[p].flags & MORE)) continue;
        if (to->units[p].flags & LETTER) syllable_tokens(s, in, p, to);
        else split_tokens(s, in, p, to);
        if (held < to->count) to->units[p].flags &= (uint16_t)~SINGLE;
    }
    if (to->at) to->at[count] = to->count;
}

static inline uint32_t past(const Longer *of, uint32_t p) { return of->past ? of->past[p] : p; }

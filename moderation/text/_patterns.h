/* Finding the patterns of an index in the cells of a text. Part of _scan.c. */

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

static inline int fits(const Token *t, Character c, uint32_t *folds) {
    switch (t->way & ~AGAIN) {
    case READING: *folds = t->target == CHARACTER_CODE(c) ? 0 : B_HOMOPHONE; return 1;
    case LOOK: *folds = B_LOOK; return t->target == CHARACTER_CODE(c);
    case NUMERAL: *folds = B_NUMERAL; return t->target == CHARACTER_CODE(c);
    case EMOJI: *folds = t->target == CHARACTER_CODE(c) ? B_EMOJI : B_EMOJI | B_HOMOPHONE; return 1;
    case SPLIT: *folds = t->target == CHARACTER_CODE(c) ? B_SPLIT : B_SPLIT | B_HOMOPHONE; return 1;
    default: *folds = B_PINYIN; return t->target == CHARACTER_READ(c);
    }
}

/* Whether a cell may be read as what it looks like. */
static inline int looks_at(const Scan *scan, uint32_t p) { return scan->enabled & B_LOOK && scan->of->units[p].flags & ODD; }

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
        const Unit *unit = &scan->of->units[p];
        /* Those that read the very character first, and then those that only sound like it. */
        for (int by_sound = 0; by_sound < 2; ++by_sound) {
            EACH_TOKEN(t, scan, p) {
                uint32_t bits, end;
                if (t->cls != CHARACTER_SOUND(*c) || !fits(t, *c, &bits)) continue;
                if (bits & B_LOOK && !(unit->flags & ODD)) continue;
                if (by_sound != !!(bits & B_HOMOPHONE) || bits & ~allowed) continue;
                if (allowed & STRICT && bits & (B_HOMOPHONE | B_LOOK) && (unit->flags & (ODD | ALONE)) != ODD) continue;
                if (c == last) { *folds = seen | bits; return p + t->length; }
                if ((end = match(scan, pattern, k + 1, p + t->length, allowed, seen | bits, folds))) return end;
                if (k && (allowed & B_REPEATED)) {
                    uint32_t beyond = past(scan->of, p + t->length);
                    if (beyond > p + t->length && (end = match(scan, pattern, k + 1, beyond, allowed, seen | bits | B_REPEATED, folds))) return end;
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
            if (has(x->quads, (triple * MIXED + t->cls) * MIXED, x->quad_shift)) return 1;
        if (!(scan->in->cells[p].code & OPTIONAL) || skips == SKIPS) break;
    }
    return 0;
}

/* Whether a class that may be read from a cell on, or after the repetitions that begin there, makes four that begin some pattern. */
static int may_follow(const Scan *scan, uint32_t p, uint32_t triple) {
    if (is_quad(scan, p, triple)) return 1;
    uint32_t beyond = past(scan->of, p);
    return beyond > p && is_quad(scan, beyond, triple);
}

/* The patterns of an index that begin with three classes: longer ones if the fourth class is in a mask; those of three characters
   too, but strict ones only if asked. */
static void try_beginning(Scan *scan, uint32_t p, uint32_t prefix, uint32_t third, Py_ssize_t first, uint64_t fourth, int threes, int strict) {
    const Index *x = scan->x;
    uint32_t from = x->pair_at[prefix], high = x->pair_at[prefix + 1], to = high;
    while (from < to) {
        uint32_t middle = (from + to) / 2;
        if (x->further[middle].third < third) from = middle + 1;
        else to = middle;
    }
    for (; from < high && x->further[from].third == third; ++from)
        if (x->further[from].fourth ? fourth >> (x->further[from].fourth & 63) & 1 : threes && (strict || !(x->writings[from].allowed & STRICT)))
            try_pattern(scan, from, p, first);
}

/* `strict`: whether some cell stands oddly, so that strict patterns count too; `fourth`: a mask of what may follow. */
static inline void try_triple(Scan *scan, uint32_t p, uint32_t prefix, uint32_t third, uint32_t next, Py_ssize_t first, int strict, uint64_t fourth) {
    const Index *x = scan->x;
    uint32_t triple = prefix * x->classes + third, mixed = triple * MIXED;
    int threes = has(x->threes, mixed, x->three_shift) || (strict && has(x->strict, mixed, x->strict_shift));
    int longer = fourth && has(x->gaps, (triple * 4 + 3) * MIXED, x->gap_shift) && may_follow(scan, next, triple);
    if (threes || longer) try_beginning(scan, p, prefix, third, first, longer ? fourth : 0, threes, strict);
}

static void try_third(Scan *scan, uint32_t p, uint32_t r, uint32_t prefix, int looks, Py_ssize_t first) {
    for (int skips = 0; r < (uint32_t)scan->in->count; ++r, ++skips) {
        EACH_TOKEN(t, scan, r) {
            if (t->way & AGAIN) break;
            if (t->way == LOOK && (looks > 1 || !looks_at(scan, r))) continue;
            try_triple(scan, p, prefix, t->cls, r + t->length, first, looks + (t->way == LOOK) < 2, ~(uint64_t)0);
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
    uint32_t next = q + b->length, beyond = past(scan->of, next);
    int looks = (a->way == LOOK) + (b->way == LOOK);
    try_third(scan, p, next, prefix, looks, first);
    if (beyond > next) try_third(scan, p, beyond, prefix, looks, first);
}

static void try_pairs(Scan *scan, uint32_t p, Py_ssize_t first) {
    const Cells *in = scan->in;
    EACH_TOKEN(a, scan, p) {
        if (a->way & AGAIN) break;
        if (a->way == LOOK && !looks_at(scan, p)) continue;
        uint32_t q = p + a->length;
        for (int skips = 0; q < (uint32_t)in->count; ++q, ++skips) {
            EACH_TOKEN(b, scan, q) {
                if (b->way & AGAIN) break;
                if (b->way == LOOK && !looks_at(scan, q)) continue;
                try_pair(scan, p, a, q, b, first);
            }
            if (!(in->cells[q].code & OPTIONAL) || skips == SKIPS) break;
        }
    }
}

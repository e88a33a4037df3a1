/* Dismissing nearly all places of ordinary text by a look or two, and going over the rest and all others. Part of _scan.c. */

/* The classes that a cell may be read as, one after another; those of its look-alikes too where it stands oddly. */
typedef struct { uint16_t own[2]; const uint16_t *all; uint32_t count; } Classes;

static inline Classes classes_of(const Scan *scan, const Unit *u, uint32_t p, int odd) {
    if (odd) return (Classes){{u->first, u->second}, scan->s->classes + scan->s->points[scan->in->cells[p].code].options, u->classes};
    return (Classes){{u->first, u->second}, NULL, (u->first > 0) + (u->second > 0)};
}

#define EACH_CLASS(cls, list)                                                                     \
    for (uint32_t at_##cls = 0, cls; at_##cls < (list).count &&                                   \
         (cls = (list).all ? (list).all[at_##cls] : (list).own[at_##cls], 1); ++at_##cls)

#define CLASS_BIT(cls) ((uint64_t)((cls) > 0) << ((cls) & 63))

/* The same without look-alikes. */
#define EACH_OWN(cls, unit) for (uint32_t cls = (unit).first, other_##cls = (unit).second; cls; cls = other_##cls, other_##cls = 0)

/* Which three of four classes a gap leaves; each kind is hashed apart. */
static inline uint32_t gap_hash(const Index *x, int gap, uint32_t a, uint32_t b, uint32_t c) {
    return (((a * x->classes + b) * x->classes + c) * 4 + (uint32_t)gap) * MIXED;
}

/* Whether a longer pattern may begin at four cells, of which the last may be any. First without one of them, which had better be one
   with look-alikes, since it has so many classes; few get past that. */
static int may_be_four(const Index *x, const Classes *list, int odds, int any) {
    int gap = any || odds & 8 ? 3 : odds & 1 ? 0 : odds & 2 ? 1 : 2;
    const Classes *one = &list[gap == 0], *two = &list[gap < 2 ? 2 : 1], *three = &list[gap < 3 ? 3 : 2];
    EACH_CLASS(a, *one) EACH_CLASS(b, *two) EACH_CLASS(c, *three) {
        if (!has(x->gaps, gap_hash(x, gap, a, b, c), x->gap_shift)) continue;
        if (any) return 1;
        EACH_CLASS(left, list[gap]) {
            uint32_t four[4];
            for (int i = 0, k = 0; i < 4; ++i) four[i] = i == gap ? left : (const uint32_t[]){a, b, c}[k++];
            uint32_t triple = ((four[0] * x->classes + four[1]) * x->classes + four[2]) * MIXED;
            if (has(x->quads, (triple + four[3]) * MIXED, x->quad_shift)) return 1;
        }
    }
    return 0;
}

/* The same for three: those of a strict pattern have at most one look-alike among them. */
static int may_be_three(const Index *x, const Classes *list, int odds, int strict) {
    if (x->has_threes)
        EACH_CLASS(a, list[0]) EACH_CLASS(b, list[1]) {
            uint32_t pair = a * x->classes + b;
            if (!is_set(x->begin, pair)) continue;
            EACH_CLASS(c, list[2])
                if (has(x->threes, (pair * x->classes + c) * MIXED, x->three_shift)) return 1;
        }
    for (int by_looks = 0; strict && by_looks < 3; ++by_looks) {
        if (odds && !(odds >> by_looks & 1)) continue;
        Classes plain[3] = {list[0], list[1], list[2]};
        for (int i = 0; i < 3; ++i)
            if (i != by_looks) plain[i] = (Classes){{list[i].own[0], list[i].own[1]}, NULL, (list[i].own[0] > 0) + (list[i].own[1] > 0)};
        EACH_CLASS(a, plain[0]) EACH_CLASS(b, plain[1]) {
            uint32_t pair = a * x->classes + b;
            EACH_CLASS(c, plain[2])
                if (has(x->strict, (pair * x->classes + c) * MIXED, x->strict_shift)) return 1;
        }
        if (!odds) break;
    }
    return 0;
}

/* Whether one of three cells may stand for another in a strict pattern, which is only then not left to the plain index. */
static inline int is_strict(const Unit *u) {
    int strict = 0;
    for (int i = 0; i < 3; ++i) strict |= (u[i].flags & (ODD | ALONE)) == ODD || !(u[i].flags & READ_ONLY);
    return strict;
}

/* Whether the cell after the first three may be anything, since it must be asked more closely. */
static inline int is_any(const Unit *u) { return (u[3].flags & (SINGLE | SAME)) != SINGLE; }

/* The same where one of the four cells stands oddly, its place being the bit that is set, and each of the others has one class. */
static int may_begin_with_one_odd(const Scan *scan, const Unit *u, uint32_t p, uint32_t bit, int strict) {
    const Index *x = scan->x;
    uint32_t gap = bit >> 1 == 4 ? 3 : bit >> 1, four[4] = {u[0].first, u[1].first, u[2].first, u[3].first};
    Classes odd = classes_of(scan, &u[gap], p + gap, 1);
    int longer = u[3].first && has(x->gaps, gap_hash(x, (int)gap, four[gap == 0], four[gap < 2 ? 2 : 1], four[gap < 3 ? 3 : 2]), x->gap_shift);
    if (!longer && (gap == 3 || !(strict || x->has_threes))) return gap == 3 && x->has_threes && has(x->threes, ((four[0] * x->classes + four[1]) * x->classes + four[2]) * MIXED, x->three_shift);
    EACH_CLASS(each, odd) {
        four[gap] = each;
        uint32_t triple = ((four[0] * x->classes + four[1]) * x->classes + four[2]) * MIXED;
        if (longer && has(x->quads, (triple + four[3]) * MIXED, x->quad_shift)) return 1;
        if (strict && has(x->strict, triple, x->strict_shift)) return 1;
        if (x->has_threes && has(x->threes, triple, x->three_shift)) return 1;
    }
    return 0;
}

/* Whether some pattern of three characters and more may begin at cells of which three are read one by one. Nothing is missed. */
static int may_begin_at(const Scan *scan, uint32_t p) {
    const Index *x = scan->x;
    const Unit *u = &scan->of->units[p];
    int either = u[0].flags | u[1].flags | u[2].flags | u[3].flags;
    int looks = scan->enabled & B_LOOK ? ODD : 0, any = is_any(u), strict = is_strict(u);
    if (!u[2].first) return 0;
    uint32_t odd_ones = 0;
    for (int i = 0; i < 4; ++i) odd_ones |= (uint32_t)((u[i].flags & ODD) != 0) << i;
    if (looks && odd_ones && !any && !(either & TWO) && !(odd_ones & (odd_ones - 1))) return may_begin_with_one_odd(scan, u, p, odd_ones, strict);
    if (!any && !(either & looks)) {
        EACH_OWN(a, u[0]) EACH_OWN(b, u[1]) EACH_OWN(c, u[2]) {
            uint32_t triple = ((a * x->classes + b) * x->classes + c) * MIXED;
            EACH_OWN(d, u[3])
                if (has(x->quads, (triple + d) * MIXED, x->quad_shift)) return 1;
            if (x->has_threes && has(x->threes, triple, x->three_shift)) return 1;
            if (strict && has(x->strict, triple, x->strict_shift)) return 1;
        }
        return 0;
    }
    int odds = 0;
    Classes list[4];
    for (int i = 0; i < 4; ++i) {
        int odd = (u[i].flags & looks) != 0 && !(i == 3 && any);
        odds |= odd << i;
        list[i] = classes_of(scan, &u[i], p + i, odd);
    }
    return may_be_four(x, list, odds, any) || ((strict || x->has_threes) && may_be_three(x, list, odds & 7, strict));
}

/* Whether some pattern of two characters that may be found in plain text may begin at two cells that are read one by one. */
static int may_be_heard_at(const Scan *scan, uint32_t p) {
    const Index *x = scan->x;
    const Unit *u = &scan->of->units[p];
    int one_odd = looks_at(scan, p), two_odd = looks_at(scan, p + 1);
    if (!one_odd && !two_odd)
        return ((x->heard_rows[u[0].first] | x->heard_rows[u[0].second]) & (CLASS_BIT(u[1].first) | CLASS_BIT(u[1].second))) != 0;
    Classes one = classes_of(scan, &u[0], p, one_odd), two = classes_of(scan, &u[1], p + 1, two_odd);
    uint64_t first = 0, second = 0;
    EACH_CLASS(a, one) first |= CLASS_BIT(a), second |= x->heard_rows[a];
    if (one_odd && !two_odd) return (first & (x->heard_columns[u[1].first] | x->heard_columns[u[1].second])) != 0;
    EACH_CLASS(b, two)
        if (second & CLASS_BIT(b) && first & x->heard_columns[b]) return 1;
    return 0;
}

/* All patterns that begin at three cells that are read one by one. Of the three, two may be read by their looks; more would cost too much. */
static void try_simple(Scan *scan, uint32_t p, Py_ssize_t first) {
    const Index *x = scan->x;
    const Unit *u = &scan->of->units[p];
    const Token *one = tokens_from(scan, p, 1), *two = tokens_from(scan, p + 1, 1), *three = NULL, *three_end = NULL;
    const Token *one_end = tokens_to(scan, p, 1), *two_end = tokens_to(scan, p + 1, 1);
    if (p + 2 < (uint32_t)scan->in->count) three = tokens_from(scan, p + 2, 1), three_end = tokens_to(scan, p + 2, 1);
    int strict = is_strict(u), odd = scan->enabled & B_LOOK ? ODD : 0;
    uint64_t fourth = 0;
    if (is_any(u)) fourth = ~(uint64_t)0;
    else if (u[3].first) EACH_TOKEN(d, scan, p + 3) fourth |= CLASS_BIT(d->cls);
    for (const Token *a = one; a < one_end && !(a->way & AGAIN || (a->way == LOOK && !(u[0].flags & odd))); ++a)
        for (const Token *b = two; b < two_end && !(b->way & AGAIN || (b->way == LOOK && !(u[1].flags & odd))); ++b) {
            uint32_t prefix = (uint32_t)a->cls * x->classes + b->cls;
            if (is_set(x->heard, prefix))
                for (uint32_t i = x->pair_at[prefix]; i < x->pair_at[prefix + 1] && !x->further[i].third; ++i) try_pattern(scan, i, p, first);
            int looks = (a->way == LOOK) + (b->way == LOOK);
            if (!is_set(x->begin, prefix)) continue;
            for (const Token *t = three; t < three_end && !(t->way & AGAIN || (t->way == LOOK && (looks > 1 || !(u[2].flags & odd)))); ++t)
                try_triple(scan, p, prefix, t->cls, p + 3, first, strict && looks + (t->way == LOOK) < 2, fourth);
        }
}

#define BLOCK 256
#define ALL_FOUR (uint64_t)0x0001000100010001
/* One bit of each of the flags of four cells, as the lowest four. */
#define FOUR_BITS(flags, bit) (uint32_t)(((flags) / (bit) & ALL_FOUR) * 0x0001000200040008 >> 48 & 15)

/* Notes the cells of a block where a pattern may begin or more must be asked, and how many. Without jumps: see `read_units`. */
static uint32_t worth_a_look(const Scan *scan, uint32_t from, uint32_t to, uint32_t *places) {
    const Index *x = scan->x;
    const Unit *units = scan->of->units;
    uint64_t flags = 0;
    uint32_t found = 0;
    for (uint32_t i = 0; i < 3; ++i) flags |= (uint64_t)units[from + i].flags << (16 * (i + 1));
    for (uint32_t p = from; p < to; ++p) {
        const Unit *u = &units[p];
        flags = flags >> 16 | (uint64_t)u[3].flags << 48;
        uint32_t triple = ((u[0].first * x->classes + u[1].first) * x->classes + u[2].first) * MIXED;
        uint64_t more = has(x->quads, (triple + u[3].first) * MIXED, x->quad_shift) | (flags & (TWO | SAME | ODD) * ALL_FOUR) | (~flags & (SINGLE | READ_ONLY) * ALL_FOUR);
        if (x->has_threes) more |= has(x->threes, triple, x->three_shift);
        if (x->has_heard) more |= x->heard_rows[u[0].first] & CLASS_BIT(u[1].first);
        places[found] = p;
        found += more != 0;
    }
    return found;
}

/* For each set of four cells that stand oddly: the others, if there are three, and which gap they leave. */
static const uint8_t OTHERS[16][4] = {[1] = {1, 2, 3, 0}, [2] = {0, 2, 3, 1}, [4] = {0, 1, 3, 2}, [8] = {0, 1, 2, 3}};

/* Leaves of these places those where more is to be looked at than one cell that stands oddly, or where one may stand for another. */
static uint32_t worth_a_second(const Scan *scan, uint32_t *places, uint32_t found) {
    const Index *x = scan->x;
    uint32_t kept = 0, looks = scan->enabled & B_LOOK ? 15 : 0, asked = (x->has_threes ? 7 : 0) | (x->has_heard ? 3 : 0);
    for (uint32_t i = 0; i < found; ++i) {
        const Unit *u = &scan->of->units[places[i]];
        uint64_t flags = u[0].flags | (uint64_t)u[1].flags << 16 | (uint64_t)u[2].flags << 32 | (uint64_t)u[3].flags << 48;
        uint32_t odd = FOUR_BITS(flags, ODD), strange = odd & ~FOUR_BITS(flags, ALONE) & 7;
        const uint8_t *others = OTHERS[odd & looks];
        uint32_t gap = gap_hash(x, others[3], u[others[0]].first, u[others[1]].first, u[others[2]].first);
        uint64_t more = (flags & (TWO | SAME) * ALL_FOUR) | (~flags & (SINGLE | READ_ONLY) * ALL_FOUR);
        more |= (odd & (odd - 1)) | strange | (odd & asked) | !odd | !looks | has(x->gaps, gap, x->gap_shift);
        if (x->has_threes) more |= has(x->threes, ((u[0].first * x->classes + u[1].first) * x->classes + u[2].first) * MIXED, x->three_shift);
        if (x->has_heard) more |= x->heard_rows[u[0].first] & CLASS_BIT(u[1].first);
        places[kept] = places[i];
        kept += more != 0;
    }
    return kept;
}

static void scan_cells(Scan *scan) {
    const Unit *units = scan->of->units;
    uint32_t count = (uint32_t)scan->in->count, places[BLOCK];
    for (uint32_t from = 0; from < count; from += BLOCK) {
        uint32_t found = worth_a_look(scan, from, count - from < BLOCK ? count : from + BLOCK, places);
        found = worth_a_second(scan, places, found);
        for (uint32_t i = 0; i < found; ++i) {
            uint32_t p = places[i];
            if (!(units[p].flags & units[p + 1].flags & units[p + 2].flags & SINGLE) || units[p + 2].flags & SAME)
                try_pairs(scan, p, scan->count);
            else if (may_begin_at(scan, p) || (scan->x->has_heard && may_be_heard_at(scan, p))) try_simple(scan, p, scan->count);
        }
    }
}

/* Finding the strings of the plain index in folded text; plain_index.py tells what its arrays mean. Part of _scan.c. */

typedef struct {
    Match *matches;
    Py_ssize_t count, room;
    int failed;
} Matches;

static void add_match(Matches *to, uint32_t start, uint32_t end, uint32_t number) {
    if (to->count == to->room) {
        Py_ssize_t room = to->room ? to->room * 2 : 16;
        Match *more = PyMem_RawRealloc(to->matches, room * sizeof(Match));
        if (!more) { to->failed = 1; return; }
        to->matches = more;
        to->room = room;
    }
    to->matches[to->count++] = (Match){start, end, number};
}

/* The first string from `low` to `high` whose character at a depth is `code` or beyond; all are longer than that. */
static uint32_t lower(const Plain *x, uint32_t low, uint32_t high, uint32_t depth, uint32_t code) {
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (x->codes[x->at[middle] + depth] < code) low = middle + 1;
        else high = middle;
    }
    return low;
}

/* The strings of a bucket that begin at a place of the text: those of two characters, or the longer ones. Those that share what was
   read so far are next to one another. */
static void match_bucket(const Plain *x, uint32_t hash, int two, const Cell *cells, uint32_t p, uint32_t count, Matches *to) {
    uint32_t bucket = hash >> x->bucket_shift, low = x->bucket_at[bucket], high = x->bucket_at[bucket + 1];
    for (uint32_t depth = 0; low < high; ++depth) {
        for (; low < high && x->at[low + 1] - x->at[low] == depth; ++low)
            if (two == (depth == 2)) add_match(to, p, p + depth, x->number[low]);
        if (low == high || p + depth >= count || (two && depth == 2)) return;
        uint32_t code = cells[p + depth].code;
        low = lower(x, low, high, depth, code);
        /* Mostly one string is left, or none. */
        if (low < high && x->codes[x->at[low] + depth] != code) return;
        if (high - low > 1) high = lower(x, low, high, depth, code + 1);
    }
}

/* All strings in cells none of which is optional. */
static void match_plain(const Plain *x, const Cell *cells, uint32_t count, Matches *to) {
    for (uint32_t p = 0; p + 1 < count; ++p) {
        uint32_t pair = cells[p].code * 0x9E3779B1u ^ cells[p + 1].code * 0x85EBCA6Bu, two = pair * 0x27D4EB2Fu;
        if (has(x->twos, two, x->two_shift)) match_bucket(x, two, 1, cells, p, count, to);
        if (p + 2 == count) break;
        uint32_t three = (pair ^ cells[p + 2].code * 0xC2B2AE35u) * 0x27D4EB2Fu;
        if (has(x->threes, three, x->three_shift)) match_bucket(x, three, 0, cells, p, count, to);
    }
}

/* Folding and scanning by sound, in C. moderation/text/scanning.py says the same in Python, and tests hold the two together;
   the meaning of every array is told in scan_tables.py and sound_index.py. */

#include "_cells.h"
#include "_plain.h"
#include "_tokens.h"
#include "_patterns.h"
#include "_windows.h"

static PyTypeObject ScannerType;

static int by_place(const void *one, const void *other) {
    const uint32_t *a = one, *b = other; /* start, end and owner come first */
    for (int i = 0; i < 3; ++i)
        if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
    return 0;
}

static PyObject *hits_list(const Scan *scan) {
    if (scan->count > 1) qsort(scan->hits, (size_t)scan->count, sizeof(Hit), by_place);
    PyObject *list = PyList_New(scan->count);
    for (Py_ssize_t i = 0; list && i < scan->count; ++i) {
        const Hit *hit = &scan->hits[i];
        PyObject *row = Py_BuildValue("(IIII)", hit->start, hit->end, hit->owner, hit->folds);
        if (!row) Py_CLEAR(list);
        else PyList_SET_ITEM(list, i, row);
    }
    return list;
}

static PyObject *matches_list(const Matches *found) {
    PyObject *list = PyList_New(found->count);
    for (Py_ssize_t i = 0; list && i < found->count; ++i) {
        const Match *match = &found->matches[i];
        PyObject *row = Py_BuildValue("(III)", match->start, match->end, match->number);
        if (!row) Py_CLEAR(list);
        else PyList_SET_ITEM(list, i, row);
    }
    return list;
}

/* The strings of the plain index in the folded text, which the cells are but for the optional ones. */
static void find_plain(const Plain *x, const Cells *in, Matches *to) {
    if (in->solid == in->count) {
        match_plain(x, in->cells, (uint32_t)in->count, to);
        return;
    }
    Cell *solid = PyMem_RawMalloc((in->solid + 1) * sizeof(Cell));
    if (!solid) { to->failed = 1; return; }
    uint32_t count = 0;
    for (Py_ssize_t i = 0; i < in->count; ++i)
        if (!(in->cells[i].code & OPTIONAL)) solid[count++] = in->cells[i];
    match_plain(x, solid, count, to);
    PyMem_RawFree(solid);
}

static PyObject *Index_scan(Index *self, PyObject *const *args, Py_ssize_t given) {
    if (given != 2 || !PyUnicode_Check(args[0])) {
        PyErr_SetString(PyExc_TypeError, "scan(text: str, enabled: int)");
        return NULL;
    }
    const Scanner *scanner = (Scanner *)self->scanner;
    unsigned long enabled = PyLong_AsUnsignedLong(args[1]);
    if (enabled == (unsigned long)-1 && PyErr_Occurred()) return NULL;
    Cells cells;
    Longer tokens;
    Matches found = {NULL, 0, 0, 0};
    Scan scan = {scanner, self, &cells, &tokens, (uint32_t)enabled, NULL, 0, 0, 0};
    PyObject *folded = NULL, *matches = NULL, *hits = NULL, *made = NULL;
    memset(&tokens, 0, offsetof(Longer, own));
    tokens.tokens = tokens.own, tokens.units = tokens.own_units, tokens.room = 64;
    if (fold_cells(scanner, args[0], &cells) < 0) goto done;
    PyThreadState *released = cells.count >= UNLOCKED ? PyEval_SaveThread() : NULL;
    find_plain(&self->plain, &cells, &found);
    if (enabled & B_SCANNED) {
        read_longer(scanner, &cells, (uint32_t)enabled, &tokens);
        if (!tokens.failed) scan_cells(&scan);
    }
    if (released) PyEval_RestoreThread(released);
    if (tokens.failed || scan.failed || found.failed) goto done;
    if (!found.count && !scan.count) made = Py_NewRef(Py_None);
    else {
        folded = folded_text(args[0], &cells);
        matches = folded ? matches_list(&found) : NULL;
        hits = matches ? hits_list(&scan) : NULL;
        made = hits ? PyTuple_Pack(3, folded, matches, hits) : NULL;
    }
done:
    if (!made && !PyErr_Occurred()) PyErr_NoMemory();
    if (tokens.tokens != tokens.own) PyMem_RawFree(tokens.tokens);
    PyMem_RawFree(tokens.at);
    PyMem_RawFree(tokens.past);
    if (tokens.units != tokens.own_units) PyMem_RawFree(tokens.units);
    PyMem_RawFree(scan.hits);
    PyMem_RawFree(found.matches);
    free_cells(&cells);
    Py_XDECREF(folded);
    Py_XDECREF(matches);
    Py_XDECREF(hits);
    return made;
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

/* What each code point folds to and may stand for, at one place. */
static int read_points(Scanner *self, const uint32_t *folded, const uint32_t *option_at) {
    if (!(self->classes = PyMem_Calloc(option_at[self->limit] + 1, sizeof(uint16_t)))) return PyErr_NoMemory(), -1;
    for (uint32_t i = 0; i < self->limit; ++i) {
        Unit unit = {0, 0, SINGLE | READ_ONLY | (i >= 'a' && i <= 'z' ? LETTER : 0), 0};
        for (uint32_t k = option_at[i]; k < option_at[i + 1]; ++k) {
            const Token *t = &self->options[k];
            uint8_t way = t->way & ~AGAIN;
            self->classes[k] = t->cls;
            unit.classes += !(t->way & AGAIN);
            if (way > LOOK) unit.flags &= ~READ_ONLY;
            if (way == LOOK) unit.flags |= ODD;
            else if (!unit.first) unit.first = t->cls;
            else if (t->cls != unit.first && !unit.second) unit.second = t->cls, unit.flags |= TWO;
            else if (t->cls != unit.first && t->cls != unit.second) unit.flags &= ~SINGLE;
        }
        self->points[i] = (Point){folded[i], option_at[i], unit};
    }
    self->points[self->limit].options = option_at[self->limit];
    const uint32_t *alone = self->views[12].buf;
    for (Py_ssize_t i = 0; i < self->views[12].len / 4; ++i)
        if (alone[i] < self->limit) self->points[alone[i]].unit.flags |= ALONE;
    self->places = PyMem_Calloc(65536, sizeof(uint16_t));
    self->units = PyMem_Calloc(65537, sizeof(Unit));
    if (!self->places || !self->units) return PyErr_NoMemory(), -1;
    const uint32_t *common = self->views[14].buf;
    uint16_t place = 0;
    for (Py_ssize_t i = -self->views[14].len / 4; i < 65536; ++i) {
        uint32_t code = i < 0 ? common[i + self->views[14].len / 4] : (uint32_t)i;
        if (code >= 65536 || code >= self->limit || folded[code] != code || self->places[code] || place == 65535) continue;
        self->places[code] = ++place;
        self->units[place] = self->points[code].unit;
    }
    for (uint32_t i = 0; i < self->splits; ++i) {
        uint32_t hash = pair_hash(self->split_parts[4 * i], self->split_parts[4 * i + 1]);
        self->pair_filter[hash >> SPLIT_SHIFT] |= (uint64_t)1 << (hash & 63) | (uint64_t)1 << (hash >> 6 & 63) | (uint64_t)1 << (hash >> 12 & 63);
    }
    return 0;
}

static int Scanner_init(Scanner *self, PyObject *args, PyObject *kwargs) {
    PyObject *list;
    (void)kwargs;
    if (!PyArg_ParseTuple(args, "O", &list) || open_views(list, self->views, 15, &self->opened) < 0) return -1;
    const uint32_t *folded = self->views[0].buf, *option_at = self->views[3].buf, *target = self->views[5].buf;
    const uint16_t *cls = self->views[4].buf;
    const uint8_t *way = self->views[6].buf;
    self->several_at = self->views[1].buf, self->several = self->views[2].buf;
    self->split_parts = self->views[7].buf, self->split_target = self->views[8].buf, self->split_class = self->views[9].buf;
    self->syllable = self->views[10].buf, self->syllable_class = self->views[11].buf;
    self->limit = (uint32_t)(self->views[0].len / 4);
    self->splits = (uint32_t)(self->views[8].len / 4);
    self->syllables = (uint32_t)(self->views[10].len / 4);
    self->neighbours = self->views[13].buf;
    self->points = PyMem_Calloc(self->limit + 1, sizeof(Point));
    self->options = PyMem_Calloc(self->views[6].len + 1, sizeof(Token));
    if (!self->points || !self->options) return PyErr_NoMemory(), -1;
    for (Py_ssize_t i = 0; i < self->views[6].len; ++i) self->options[i] = (Token){target[i], cls[i], way[i], 1};
    return read_points(self, folded, option_at);
}

static int bits_of(Py_ssize_t elements) {
    int bits = 0;
    while ((Py_ssize_t)1 << (bits + 1) <= elements) ++bits;
    return bits;
}

static int Index_init(Index *self, PyObject *args, PyObject *kwargs) {
    PyObject *list;
    (void)kwargs;
    if (!PyArg_ParseTuple(args, "O!OIIIII", &ScannerType, &self->scanner, &list, &self->classes, &self->three_shift, &self->strict_shift, &self->quad_shift, &self->gap_shift) ||
        open_views(list, self->views, 14, &self->opened) < 0) return self->scanner = NULL, -1;
    Py_INCREF(self->scanner);
    self->three_shift = 32 - self->three_shift, self->strict_shift = 32 - self->strict_shift;
    self->quad_shift = 32 - self->quad_shift, self->gap_shift = 32 - self->gap_shift;
    self->pair_at = self->views[0].buf, self->further = self->views[1].buf;
    self->threes = self->views[2].buf, self->strict = self->views[3].buf;
    self->quads = self->views[4].buf, self->gaps = self->views[5].buf;
    self->writings = self->views[6].buf, self->characters = self->views[7].buf;
    Py_buffer *of = &self->views[8];
    self->plain = (Plain){of[0].buf, of[1].buf, of[2].buf, of[3].buf, of[4].buf, of[5].buf, 32 - bits_of(of[0].len / 8), 32 - bits_of(of[1].len / 8), 32 - bits_of(of[2].len / 4 - 1)};
    uint32_t square = self->classes * self->classes, bytes = square / 8 + 1;
    if (!(self->begin = PyMem_Calloc(3, bytes)) || !(self->heard_rows = PyMem_Calloc(self->classes, 16))) return PyErr_NoMemory(), -1;
    self->heard_columns = self->heard_rows + self->classes;
    self->heard = self->begin + bytes;
    self->twos = self->heard + bytes;
    for (uint32_t pair = 0; pair < square; ++pair)
        for (uint32_t i = self->pair_at[pair]; i < self->pair_at[pair + 1]; ++i) {
            uint8_t bit = (uint8_t)(1 << (pair & 7));
            self->has_threes |= self->further[i].third && !self->further[i].fourth && !(self->writings[i].allowed & STRICT);
            (self->further[i].third ? self->begin : self->twos)[pair >> 3] |= bit;
            if (!self->further[i].third && (self->writings[i].added || self->writings[i].allowed & (B_LOOK | B_HOMOPHONE))) {
                self->heard[pair >> 3] |= bit;
                self->heard_rows[pair / self->classes] |= CLASS_BIT(pair % self->classes);
                self->heard_columns[pair % self->classes] |= CLASS_BIT(pair / self->classes);
                self->has_heard = 1;
            }
        }
    return 0;
}

static void Scanner_dealloc(Scanner *self) {
    PyMem_Free(self->points);
    PyMem_Free(self->options);
    PyMem_Free(self->classes);
    PyMem_Free(self->places);
    PyMem_Free(self->units);
    close_views(self->views, self->opened);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static void Index_dealloc(Index *self) {
    PyMem_Free(self->begin);
    PyMem_Free(self->heard_rows);
    Py_XDECREF(self->scanner);
    close_views(self->views, self->opened);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyMethodDef scanner_methods[] = {
    {"fold", (PyCFunction)Scanner_fold, METH_O, "fold(text) -> the folded text"},
    {"offsets", (PyCFunction)Scanner_offsets, METH_O, "offsets(text) -> for each folded character, its place in the text"},
    {NULL, NULL, 0, NULL},
};

static PyMethodDef index_methods[] = {
    {"scan", (PyCFunction)(void (*)(void))Index_scan, METH_FASTCALL, "scan(text, enabled) -> None, or (the folded text, [(start, end, number)], [(start, end, owner, folds)])"},
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
    .tp_doc = "Index(scanner, [the arrays of SoundIndex and of PlainIndex], number of classes, *FILTER_BITS)",
    .tp_methods = index_methods,
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

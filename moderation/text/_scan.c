/* Folding and scanning by sound, in C. moderation/text/scanning.py says the same in Python, and tests hold the two together;
   the meaning of every array is told in scan_tables.py and sound_index.py. */

#include "_cells.h"
#include "_patterns.h"

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
    tokens.tokens = tokens.own, tokens.room = 64, tokens.in_word = tokens.own_in_word, tokens.past = tokens.own_past;
    if (fold_cells(self, args[0], &cells) < 0) goto done;
    PyThreadState *released = cells.count >= UNLOCKED ? PyEval_SaveThread() : NULL;
    if (enabled & B_SCANNED) {
        read_longer(self, &cells, (uint32_t)enabled, &tokens);
        if (!tokens.failed) scan_cells(&scan);
    }
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
    if (tokens.past != tokens.own_past) PyMem_RawFree(tokens.past);
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
            if (!self->further[i].third && (self->writings[i].added || self->writings[i].allowed & (B_LOOK | B_HOMOPHONE))) self->heard[pair >> 3] |= bit;
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

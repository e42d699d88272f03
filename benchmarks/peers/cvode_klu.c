/* CVODE (SUNDIALS 6) on KLU for mass action networks of order 1 and 2: plain documented calls, derivative and Jacobian in C.
   The operations on vectors and matrices that show in profiles are replaced, in the documented tables, by loops compiled here for
   this machine: a distribution's library is built for the oldest one. Built and called by sundials_klu.py; the arrays are those of
   benchmarks/arrays.py. */
#include <cvode/cvode.h>
#include <math.h>
#include <nvector/nvector_serial.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sundials/sundials_context.h>
#include <sunlinsol/sunlinsol_klu.h>
#include <sunmatrix/sunmatrix_sparse.h>

typedef struct {
  int64_t size, reactions, entries, terms;
  const double *k, *change, *weight;
  const int64_t *one, *two, *start, *who, *indptr, *indices, *reaction, *other, *at;
} Net;

typedef struct {
  Net net;
  double *padded;
  SUNContext context;
  N_Vector y;
  SUNMatrix matrix;
  SUNLinearSolver linear;
  void *memory;
} Solver;

static int derivative(realtype t, N_Vector y, N_Vector dy, void *data) {
  Solver *s = data;
  const Net *n = &s->net;
  double *p = s->padded, *out = N_VGetArrayPointer(dy);
  (void)t;
  memcpy(p, N_VGetArrayPointer(y), n->size * sizeof *p);
  memset(out, 0, n->size * sizeof *out);
  for (int64_t j = 0; j < n->reactions; j++) {
    double rate = n->k[j] * p[n->one[j]] * p[n->two[j]];
    for (int64_t i = n->start[j]; i < n->start[j + 1]; i++) out[n->who[i]] += n->change[i] * rate;
  }
  return 0;
}

static int jacobian(realtype t, N_Vector y, N_Vector dy, SUNMatrix J, void *data, N_Vector a, N_Vector b, N_Vector c) {
  Solver *s = data;
  const Net *n = &s->net;
  double *p = s->padded, *out = SUNSparseMatrix_Data(J);
  (void)t, (void)dy, (void)a, (void)b, (void)c;
  memcpy(p, N_VGetArrayPointer(y), n->size * sizeof *p);
  memcpy(SUNSparseMatrix_IndexPointers(J), n->indptr, (n->size + 1) * sizeof *n->indptr);
  memcpy(SUNSparseMatrix_IndexValues(J), n->indices, n->entries * sizeof *n->indices);
  memset(out, 0, n->entries * sizeof *out);
  for (int64_t q = 0; q < n->terms; q++) out[n->at[q]] += n->weight[q] * n->k[n->reaction[q]] * p[n->other[q]];
  return 0;
}

#define DATA(v) (((N_VectorContent_Serial)((v)->content))->data)
#define SIZE(v) (((N_VectorContent_Serial)((v)->content))->length)
#define LOOP for (sunindextype i = 0; i < size; i++)

static void linear_sum(realtype a, N_Vector x, realtype b, N_Vector y, N_Vector z) {
  const sunindextype size = SIZE(x);
  const double *u = DATA(x), *v = DATA(y);
  double *out = DATA(z);
  LOOP out[i] = a * u[i] + b * v[i];
}

static void scale(realtype c, N_Vector x, N_Vector z) {
  const sunindextype size = SIZE(x);
  const double *u = DATA(x);
  double *out = DATA(z);
  LOOP out[i] = c * u[i];
}

static void constant(realtype c, N_Vector z) {
  const sunindextype size = SIZE(z);
  double *out = DATA(z);
  LOOP out[i] = c;
}

static void absolute(N_Vector x, N_Vector z) {
  const sunindextype size = SIZE(x);
  const double *u = DATA(x);
  double *out = DATA(z);
  LOOP out[i] = fabs(u[i]);
}

static void inverse(N_Vector x, N_Vector z) {
  const sunindextype size = SIZE(x);
  const double *u = DATA(x);
  double *out = DATA(z);
  LOOP out[i] = 1.0 / u[i];
}

static void add_constant(N_Vector x, realtype b, N_Vector z) {
  const sunindextype size = SIZE(x);
  const double *u = DATA(x);
  double *out = DATA(z);
  LOOP out[i] = u[i] + b;
}

static realtype weighted_norm(N_Vector x, N_Vector w) {
  const sunindextype size = SIZE(x);
  const double *u = DATA(x), *v = DATA(w);
  double sum = 0.0;
  LOOP sum += u[i] * v[i] * u[i] * v[i];
  return sqrt(sum / (double)size);
}

static int linear_combination(int count, realtype *c, N_Vector *x, N_Vector z) {
  const sunindextype size = SIZE(z);
  double *out = DATA(z);
  if (out == DATA(x[0])) {
    if (c[0] != 1.0) LOOP out[i] *= c[0];
  } else {
    const double *u = DATA(x[0]);
    LOOP out[i] = c[0] * u[i];
  }
  for (int j = 1; j < count; j++) {
    const double *u = DATA(x[j]), a = c[j];
    LOOP out[i] += a * u[i];
  }
  return 0;
}

static void faster(N_Vector y) {
  y->ops->nvlinearsum = linear_sum;
  y->ops->nvscale = scale;
  y->ops->nvconst = constant;
  y->ops->nvabs = absolute;
  y->ops->nvinv = inverse;
  y->ops->nvaddconst = add_constant;
  y->ops->nvwrmsnorm = weighted_norm;
  y->ops->nvlinearcombination = linear_combination;
}

/* The pattern never changes and has its whole diagonal; `jacobian` writes every entry. */
static int zero_matrix(SUNMatrix A) {
  (void)A;
  return 0;
}

static int copy_matrix(SUNMatrix A, SUNMatrix B) {
  const sunindextype columns = SUNSparseMatrix_Columns(A), entries = SUNSparseMatrix_IndexPointers(A)[columns];
  memcpy(SUNSparseMatrix_IndexPointers(B), SUNSparseMatrix_IndexPointers(A), (columns + 1) * sizeof(sunindextype));
  memcpy(SUNSparseMatrix_IndexValues(B), SUNSparseMatrix_IndexValues(A), entries * sizeof(sunindextype));
  memcpy(SUNSparseMatrix_Data(B), SUNSparseMatrix_Data(A), entries * sizeof(realtype));
  return 0;
}

static int scale_add_identity(realtype c, SUNMatrix A) {
  const sunindextype columns = SUNSparseMatrix_Columns(A), *start = SUNSparseMatrix_IndexPointers(A);
  const sunindextype *row = SUNSparseMatrix_IndexValues(A);
  double *value = SUNSparseMatrix_Data(A);
  for (sunindextype j = 0; j < columns; j++)
    for (sunindextype p = start[j]; p < start[j + 1]; p++) value[p] = c * value[p] + (row[p] == j);
  return 0;
}

static void quiet(int code, const char *module, const char *function, char *message, void *data) {
  (void)code, (void)module, (void)function, (void)message, (void)data;
}

/* Returns a solver, or NULL; the arrays must outlive it. ordering: 0 AMD, 1 COLAMD. */
void *solver_open(const Net *net, int ordering) {
  Solver *s = calloc(1, sizeof *s);
  if (!s) return NULL;
  s->net = *net;
  s->padded = malloc((net->size + 1) * sizeof *s->padded);
  s->padded[net->size] = 1.0;
  SUNContext_Create(NULL, &s->context);
  s->y = N_VNew_Serial(net->size, s->context);
  faster(s->y); /* clones inherit it */
  N_VConst(0.0, s->y);
  s->memory = CVodeCreate(CV_BDF, s->context);
  s->matrix = SUNSparseMatrix(net->size, net->size, net->entries, CSC_MAT, s->context);
  s->matrix->ops->zero = zero_matrix;
  s->matrix->ops->copy = copy_matrix;
  s->matrix->ops->scaleaddi = scale_add_identity;
  s->linear = SUNLinSol_KLU(s->y, s->matrix, s->context);
  SUNLinSol_KLUSetOrdering(s->linear, ordering);
  if (CVodeInit(s->memory, derivative, 0.0, s->y) != CV_SUCCESS) return NULL;
  CVodeSetUserData(s->memory, s);
  CVodeSetErrHandlerFn(s->memory, quiet, NULL);
  CVodeSetMaxNumSteps(s->memory, 10000000);
  CVodeSStolerances(s->memory, 1e-4, 1e-4);
  if (CVodeSetLinearSolver(s->memory, s->linear, s->matrix) != CV_SUCCESS) return NULL;
  if (CVodeSetJacFn(s->memory, jacobian) != CV_SUCCESS) return NULL;
  return s;
}

/* Advances `state` from time 0 and writes it at `count` times; returns the last flag of CVODE, negative on failure. */
int solver_advance(void *handle, const double *state, const double *times, int64_t count, double relative, double absolute,
                   double *out) {
  Solver *s = handle;
  int64_t size = s->net.size;
  double t = 0.0;
  memcpy(N_VGetArrayPointer(s->y), state, size * sizeof *state);
  int flag = CVodeReInit(s->memory, 0.0, s->y);
  if (flag == CV_SUCCESS) flag = CVodeSStolerances(s->memory, relative, absolute);
  for (int64_t i = 0; i < count && flag >= 0; i++) {
    flag = CVode(s->memory, times[i], s->y, &t, CV_NORMAL);
    memcpy(out + i * size, N_VGetArrayPointer(s->y), size * sizeof *out);
  }
  return flag;
}

/* Steps, evaluations of the Jacobian, factorisations and Newton iterations of the last call. */
void solver_counts(void *handle, long *counts) {
  Solver *s = handle;
  CVodeGetNumSteps(s->memory, &counts[0]);
  CVodeGetNumJacEvals(s->memory, &counts[1]);
  CVodeGetNumLinSolvSetups(s->memory, &counts[2]);
  CVodeGetNumNonlinSolvIters(s->memory, &counts[3]);
}

void solver_close(void *handle) {
  Solver *s = handle;
  CVodeFree(&s->memory);
  SUNLinSolFree(s->linear);
  SUNMatDestroy(s->matrix);
  N_VDestroy(s->y);
  SUNContext_Free(&s->context);
  free(s->padded);
  free(s);
}

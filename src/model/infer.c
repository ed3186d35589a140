/* infer.c: prediction in packed batches of utterances of similar length. */
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "model/joint.h"
#include "model/model_state.h"
#include "nn/cross_entropy.h"
#include "tensor/finite.h"

/* Most utterances of a batch. */
enum { BATCH_UTTERANCES = 256 };

/* An utterance's place in the order of work. */
typedef struct job {
  int64_t index, n_tokens;
} job;

/* Longest first; equal ones in the order of the input. */
static int compare_jobs(const void *a, const void *b) {
  const job *x = a, *y = b;
  if (x->n_tokens != y->n_tokens) return x->n_tokens > y->n_tokens ? -1 : 1;
  return x->index < y->index ? -1 : 1;
}

/* Work to do: rows for the whole network, or for one modality. */
typedef struct work {
  const mer_model *model;
  int modality; /* -1: the whole network */
  bool without; /* of that: also without each modality */
  const mer__source *source;
  int64_t n_inputs; /* of a row */
  float *results;   /* [n, width] */
  int64_t width;
  const char *task;
  mer__pool *arenas; /* to compute in; NULL: made for this call */
} work;

/* Tokens or frames of a row: what makes batches long. */
static int64_t count_tokens(const work *w, int64_t row) {
  const mer__network *network = &w->model->network;
  mer__input inputs[MER_MAX_MODALITIES];
  int64_t n = 0;
  w->source->get(inputs, w->source, row);
  for (int m = 0; m < w->n_inputs; m++) {
    const mer__modality *modality = &network->modalities[w->modality < 0 ? m : w->modality];
    if (inputs[m].present && modality->type->n_rows) n += mer__modality_rows(modality, &inputs[m]);
  }
  return n;
}

static job *sort_jobs(const work *w) {
  const int64_t n = w->source->n;
  job *jobs = mer__malloc((size_t)n, sizeof *jobs);
  for (int64_t i = 0; jobs && i < n; i++) jobs[i] = (job){i, count_tokens(w, i)};
  if (jobs) qsort(jobs, (size_t)n, sizeof *jobs, compare_jobs);
  return jobs;
}

static int64_t batch_size(const job *jobs, int64_t n) {
  int64_t size = 0, n_tokens = 0;
  while (size < n && size < BATCH_UTTERANCES &&
         (size == 0 || n_tokens + jobs[size].n_tokens <= MER__BATCH_TOKENS))
    n_tokens += jobs[size++].n_tokens;
  return size;
}

/* Answers in one way, or in as many more as there are modalities that can be left out. */
static mer_status classify(float *results, const work *w, const mer__input *inputs, int64_t n,
                           mer__arena *arena, mer_error *err) {
  const mer__network *network = &w->model->network;
  const mer__label_map *map = w->model->label_map;
  const int64_t n_ways = w->without ? 1 + network->n_modalities : 1, k = w->width / n_ways;
  float *own = mer__arena_alloc(arena, (size_t)(n_ways * n * network->n_labels), sizeof *own);
  float *logits = own; /* by the labels that are asked for */
  if (map) logits = mer__arena_alloc(arena, (size_t)(n_ways * n * k), sizeof *logits);
  if (!own || !logits) return mer__fail_memory(err);
  mer_status status = mer__network_answer(own, network, inputs, n, w->without, arena, err);
  if (status != MER_OK) return status;
  if (map) mer__label_map_apply(logits, map, own, n_ways * n, mer_model_temperature(w->model));
  for (int64_t way = 0; way < n_ways; way++)
    for (int64_t i = 0; i < n; i++)
      memcpy(results + i * w->width + way * k, logits + (way * n + i) * k,
             (size_t)k * sizeof *results);
  return MER_OK;
}

static mer_status encode(float *vectors, const work *w, const mer__input *inputs, const job *jobs,
                         int64_t n, mer__arena *arena, mer_error *err) {
  mer_status status =
      mer__network_encode(vectors, &w->model->network, w->modality, inputs, n, arena, err);
  for (int64_t i = 0; i < n && status == MER_OK; i++)
    if (!mer__all_finite(vectors + i * w->width, w->width))
      status = mer__fail_at(err, MER_STATUS_FORMAT, jobs[i].index,
                            "%s: the vector of utterance %lld is not of finite numbers: the "
                            "encoder's weights are too large",
                            w->task, (long long)jobs[i].index + 1);
  return status;
}

static mer_status run_batch(const work *w, const job *jobs, int64_t n, mer__arena *arena,
                            mer_error *err) {
  mer__input *inputs = mer__arena_alloc(arena, (size_t)(n * w->n_inputs), sizeof *inputs);
  float *results = mer__arena_alloc(arena, (size_t)(n * w->width), sizeof *results);
  if (!inputs || !results) return mer__fail_memory(err);
  for (int64_t i = 0; i < n; i++)
    w->source->get(inputs + i * w->n_inputs, w->source, jobs[i].index);
  mer_status status = w->modality < 0 ? classify(results, w, inputs, n, arena, err)
                                      : encode(results, w, inputs, jobs, n, arena, err);
  for (int64_t i = 0; i < n && status == MER_OK; i++)
    memcpy(w->results + jobs[i].index * w->width, results + i * w->width,
           (size_t)w->width * sizeof *results);
  return status;
}

/* The batches that threads take in turn: with enough of them each is one thread's, so that no
 * thread waits for another; what they compute in is each one's own. */
typedef struct queue {
  const work *work;
  const job *jobs;
  const mer_monitor *monitor;
  omp_lock_t lock;    /* of what is below; not held while the monitor is called */
  int64_t next, done; /* jobs */
  mer_status status;
  mer_error *err;
} queue;

/* Takes a batch from the queue: its first job and its size, 0 if there is none. */
static int64_t take_batch(queue *q, int64_t *first) {
  int64_t size = 0;
  omp_set_lock(&q->lock);
  if (q->status == MER_OK) {
    *first = q->next;
    size = batch_size(q->jobs + q->next, q->work->source->n - q->next);
    q->next += size;
  }
  omp_unset_lock(&q->lock);
  return size;
}

/* Counts a batch; the number of jobs that are done. */
static int64_t finish_batch(queue *q, int64_t size, mer_status status, const mer_error *err) {
  omp_set_lock(&q->lock);
  if (q->status == MER_OK && status != MER_OK) {
    q->status = status;
    if (q->err) *q->err = *err;
  }
  const int64_t done = q->done += size;
  omp_unset_lock(&q->lock);
  return done;
}

static void report(queue *q, int64_t done) {
  mer_error err = {0};
  mer__progress(q->monitor, q->work->task, done, q->work->source->n, NULL);
  if (mer__should_stop(q->monitor))
    finish_batch(q, 0, mer__fail(&err, MER_STATUS_INTERRUPTED, "%s: interrupted", q->work->task),
                 &err);
}

/* `reports`: this is the caller's thread, which alone calls the monitor. */
static void run_batches_in(mer__arena *arena, queue *q, bool reports) {
  int64_t first, size;
  while ((size = take_batch(q, &first)) > 0) {
    mer_error err = {0};
    mer__arena_reset(arena);
    mer_status status = run_batch(q->work, q->jobs + first, size, arena, &err);
    const int64_t done = finish_batch(q, size, status, &err);
    if (reports && done < q->work->source->n) report(q, done);
  }
}

static void run_batches(queue *q, bool reports) {
  mer__pool *pool = q->work->arenas;
  mer__arena arena = {0};
  mer__pooled_arena *pooled = pool ? mer__pool_take_arena(pool) : NULL;
  run_batches_in(pooled ? &pooled->arena : &arena, q, reports);
  if (pooled) mer__pool_give(pool, &pooled->pooled);
  mer__arena_clear(&arena);
}

static int64_t count_batches(const job *jobs, int64_t n) {
  int64_t count = 0;
  for (int64_t i = 0; i < n; i += batch_size(jobs + i, n - i)) count++;
  return count;
}

/* int8 weights are views of files that somebody may write to. */
static mer_status protect_files(const work *w, bool brief, mer_error *err) {
  mer__tensor_files *files = w->model->network.params.files;
  return files ? mer__tensor_files_protect(files, brief, err) : MER_OK;
}

static mer_status run(const work *w, const mer_monitor *monitor, mer_error *err) {
  if (w->source->n == 0) return MER_OK;
  job *jobs = sort_jobs(w);
  if (!jobs) return mer__fail_memory(err);
  mer_status status = protect_files(w, batch_size(jobs, w->source->n) == w->source->n, err);
  if (status != MER_OK) {
    mer__free(jobs);
    return status;
  }
  queue q = {.work = w, .jobs = jobs, .monitor = monitor, .err = err};
  omp_init_lock(&q.lock);
  const int n_threads = omp_get_max_threads();
  if (n_threads > 1 && count_batches(jobs, w->source->n) >= 2 * n_threads) {
#pragma omp parallel
    run_batches(&q, omp_get_thread_num() == 0);
  } else {
    run_batches(
        &q, true); /* not in a region of one thread: those within would make their threads anew */
  }
  if (q.status == MER_OK) report(&q, q.done);
  omp_destroy_lock(&q.lock);
  mer__free(jobs);
  return q.status;
}

static work classifying(float *logits, const mer_model *model, const mer__source *source,
                        const char *task) {
  return (work){.model = model,
                .modality = -1,
                .source = source,
                .n_inputs = model->network.n_modalities,
                .results = logits,
                .width = mer_model_n_labels(model),
                .task = task};
}

mer_status mer__model_logits(float *logits, const mer_model *model, const mer__source *source,
                             bool without, mer__pool *arenas, mer_error *err) {
  if (model->parts[0]) return mer__joint_logits(logits, model, source, without, arenas, err);
  work w = classifying(logits, model, source, "predict");
  w.without = without;
  w.width *= without ? 1 + model->network.n_modalities : 1;
  w.arenas = arenas;
  return run(&w, NULL, err);
}

void mer__model_answers(float *answers, const mer_model *model, const float *logits, int64_t n,
                        double temperature) {
  const int64_t k = mer_model_n_labels(model);
  if (temperature > 0 && model->network.target != MER_TARGET_VALUES) {
    for (int64_t i = 0; i < n * k; i++) answers[i] = (float)(logits[i] / temperature);
    logits = answers;
  }
  if (model->network.target == MER_TARGET_LABEL) {
    mer__cross_entropy_forward(answers, logits, NULL, n, k);
    return;
  }
  for (int64_t i = 0; i < n * k; i++)
    answers[i] =
        model->network.target == MER_TARGET_LABELS ? 1 / (1 + expf(-logits[i])) : logits[i];
}

mer_status mer__model_scores(float *logits, const mer_model *model, const mer__source *source,
                             const mer_monitor *monitor, const char *task, mer_error *err) {
  const int64_t n_labels = mer_model_n_labels(model);
  const work w = classifying(logits, model, source, task);
  mer_status status = model->parts[0] ? mer__joint_logits(logits, model, source, false, NULL, err)
                                      : run(&w, monitor, err);
  for (int64_t i = 0; i < source->n && status == MER_OK; i++)
    if (!mer__all_finite(logits + i * n_labels, n_labels))
      status = mer__fail_at(err, MER_STATUS_FORMAT, i,
                            "%s: the scores of utterance %lld are not finite numbers: its "
                            "features or the model's weights are too large",
                            task, (long long)i + 1);
  return status;
}

mer_status mer__model_infer(float *probs, const mer_model *model, const mer__source *source,
                            const mer_monitor *monitor, const char *task, mer_error *err) {
  mer_status status = mer__model_scores(probs, model, source, monitor, task, err);
  if (status == MER_OK) mer__model_answers(probs, model, probs, source->n, model->temperature);
  return status;
}

/* Row `row` of an array of inputs of one modality. */
static void get_single(mer__input *inputs, const mer__source *source, int64_t row) {
  inputs[0] = ((const mer__input *)source->owner)[row];
}

mer_status mer__model_embed(float *vectors, const mer_model *model, int m, const mer__input *inputs,
                            int64_t n, mer__pool *arenas, const mer_monitor *monitor,
                            const char *task, mer_error *err) {
  const mer__source source = {n, inputs, get_single};
  if (model->parts[0])
    return mer__model_embed(vectors, model->parts[m], 0, inputs, n, arenas, monitor, task, err);
  const mer__modality *modality = &model->network.modalities[m];
  const int64_t width = modality->frozen ? mer__modality_frozen_width(modality) : modality->width;
  const work w = {.model = model,
                  .modality = m,
                  .source = &source,
                  .n_inputs = 1,
                  .results = vectors,
                  .width = width,
                  .task = task,
                  .arenas = arenas};
  return run(&w, monitor, err);
}

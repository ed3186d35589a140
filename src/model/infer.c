/* infer.c: prediction in packed batches of utterances of similar length. */
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "model/model_state.h"
#include "nn/cross_entropy.h"

/* Most utterances of a batch. */
enum { BATCH_UTTERANCES = 256 };

mer_status mer__model_tokenize(mer_tokens *tokens, const mer_model *model, const char *text,
                               mer_error *err) {
  for (int m = 0; m < model->network.n_modalities; m++) {
    const mer__modality *modality = &model->network.modalities[m];
    if (modality->type == &mer__modality_bert)
      return mer_tokenizer_encode(tokens, model->tokenizer, text, strlen(text), NULL, 0,
                                  (int32_t)modality->max_length, err);
  }
  return mer__fail(err, MER_STATUS_INVALID, "the model takes no text");
}

/* An utterance's place in the order of work. */
typedef struct job {
  int64_t index;
  int32_t n_tokens;
} job;

/* Longest first; equal ones in the order of the input. */
static int compare_jobs(const void *a, const void *b) {
  const job *x = a, *y = b;
  if (x->n_tokens != y->n_tokens) return x->n_tokens > y->n_tokens ? -1 : 1;
  return x->index < y->index ? -1 : 1;
}

/* Work to do: inputs of the whole network, or of one modality (then `stride` is 1). */
typedef struct work {
  const mer_model *model;
  const mer__modality *modality; /* NULL: the whole network */
  const mer__input *inputs;      /* [n, stride] */
  int64_t n, stride;
  float *results; /* [n, width] */
  int64_t width;
} work;

static job *sort_jobs(const work *w) {
  job *jobs = mer__malloc((size_t)w->n, sizeof *jobs);
  for (int64_t i = 0; jobs && i < w->n; i++) {
    jobs[i] = (job){i, 0};
    for (int64_t m = 0; m < w->stride; m++)
      jobs[i].n_tokens += w->inputs[i * w->stride + m].n_tokens;
  }
  if (jobs) qsort(jobs, (size_t)w->n, sizeof *jobs, compare_jobs);
  return jobs;
}

static int64_t batch_size(const job *jobs, int64_t n) {
  int64_t size = 0, n_tokens = 0;
  while (size < n && size < BATCH_UTTERANCES &&
         (size == 0 || n_tokens + jobs[size].n_tokens <= MER__BATCH_TOKENS))
    n_tokens += jobs[size++].n_tokens;
  return size;
}

static mer_status encode(float *vectors, const work *w, const mer__input *inputs, int64_t n,
                         mer__arena *arena, mer_error *err) {
  const mer__noise noise = {0};
  void *state;
  const mer__input **pointers = mer__arena_alloc(arena, (size_t)n, sizeof(const mer__input *));
  if (!pointers) return mer__fail_memory(err);
  for (int64_t i = 0; i < n; i++) pointers[i] = &inputs[i];
  return w->modality->type->forward(vectors, &state, w->modality, &w->model->network.params,
                                    pointers, n, arena, &noise, err);
}

static mer_status classify(float *probs, const work *w, const mer__input *inputs, int64_t n,
                           mer__arena *arena, mer_error *err) {
  const mer__noise noise = {0};
  mer_status status =
      mer__network_forward(probs, NULL, &w->model->network, inputs, n, arena, &noise, err);
  if (status == MER_OK) mer__cross_entropy_forward(probs, probs, NULL, n, w->width);
  return status;
}

static mer_status run_batch(const work *w, const job *jobs, int64_t n, mer__arena *arena,
                            mer_error *err) {
  mer__input *inputs = mer__arena_alloc(arena, (size_t)(n * w->stride), sizeof *inputs);
  float *results = mer__arena_alloc(arena, (size_t)(n * w->width), sizeof *results);
  if (!inputs || !results) return mer__fail_memory(err);
  for (int64_t i = 0; i < n; i++)
    memcpy(inputs + i * w->stride, w->inputs + jobs[i].index * w->stride,
           (size_t)w->stride * sizeof *inputs);
  mer_status status = w->modality ? encode(results, w, inputs, n, arena, err)
                                  : classify(results, w, inputs, n, arena, err);
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
  int64_t next, done; /* jobs */
  const mer_monitor *monitor;
  const char *task;
  mer_status status;
  mer_error *err;
} queue;

/* Takes a batch from the queue: its first job and its size, 0 if there is none. */
static int64_t take_batch(queue *q, int64_t *first) {
  int64_t size = 0;
#pragma omp critical(mer__infer)
  if (q->status == MER_OK) {
    *first = q->next;
    size = batch_size(q->jobs + q->next, q->work->n - q->next);
    q->next += size;
  }
  return size;
}

static void finish_batch(queue *q, int64_t size, mer_status status, const mer_error *err) {
#pragma omp critical(mer__infer)
  if (q->status == MER_OK) {
    q->status = status;
    if (status != MER_OK && q->err) *q->err = *err;
    q->done += size;
    mer__progress(q->monitor, q->task, q->done, q->work->n, NULL);
    if (status == MER_OK && mer__should_stop(q->monitor))
      q->status = mer__fail(q->err, MER_STATUS_INTERRUPTED, "%s: interrupted", q->task);
  }
}

static void run_batches(queue *q) {
  mer__arena arena = {0};
  int64_t first, size;
  while ((size = take_batch(q, &first)) > 0) {
    mer_error err = {0};
    mer__arena_reset(&arena);
    mer_status status = run_batch(q->work, q->jobs + first, size, &arena, &err);
    finish_batch(q, size, status, &err);
  }
  mer__arena_clear(&arena);
}

static int64_t count_batches(const job *jobs, int64_t n) {
  int64_t count = 0;
  for (int64_t i = 0; i < n; i += batch_size(jobs + i, n - i)) count++;
  return count;
}

static mer_status run(const work *w, const mer_monitor *monitor, const char *task, mer_error *err) {
  job *jobs = sort_jobs(w);
  if (!jobs) return mer__fail_memory(err);
  queue q = {.work = w, .jobs = jobs, .monitor = monitor, .task = task, .err = err};
  if (count_batches(jobs, w->n) >= 2 * omp_get_max_threads()) {
#pragma omp parallel
    run_batches(&q);
  } else {
    run_batches(&q); /* not in a region of one thread: those within would make their threads anew */
  }
  mer__free(jobs);
  return q.status;
}

mer_status mer__model_infer(float *probs, const mer_model *model, const mer__input *inputs,
                            int64_t n, const mer_monitor *monitor, const char *task,
                            mer_error *err) {
  const mer__network *network = &model->network;
  work w = {model, NULL, inputs, n, network->n_modalities, probs, network->n_labels};
  return run(&w, monitor, task, err);
}

mer_status mer__model_embed(float *vectors, const mer_model *model, int m, const mer__input *inputs,
                            int64_t n, const mer_monitor *monitor, const char *task,
                            mer_error *err) {
  const mer__modality *modality = &model->network.modalities[m];
  work w = {model, modality, inputs, n, 1, vectors, modality->width};
  return run(&w, monitor, task, err);
}

/* Tokenizes the texts and gathers the vectors of one call. */
static mer_status prepare(mer__input *inputs, mer_tokens *tokens, const mer_model *model,
                          const mer_input_data *data, int64_t n, mer_error *err) {
  int n_modalities = model->network.n_modalities;
  for (int64_t i = 0; i < n; i++) {
    for (int m = 0; m < n_modalities; m++) {
      mer__input *input = &inputs[i * n_modalities + m];
      if (model->network.modalities[m].type != &mer__modality_bert) {
        *input = (mer__input){.present = data[i].vectors[m] != NULL, .vector = data[i].vectors[m]};
      } else if (data[i].text) {
        mer_status status = mer__model_tokenize(&tokens[i], model, data[i].text, err);
        if (status != MER_OK) return status;
        *input = (mer__input){true, tokens[i].ids, tokens[i].type_ids, tokens[i].n, NULL};
      }
    }
  }
  return MER_OK;
}

mer_status mer_model_predict(float *probs, const mer_model *model, const mer_input_data *inputs,
                             int64_t n, const mer_monitor *monitor, mer_error *err) {
  mer_tokens *tokens = mer__calloc((size_t)n, sizeof *tokens);
  mer__input *prepared =
      mer__calloc((size_t)n * (size_t)model->network.n_modalities, sizeof *prepared);
  mer_status status = tokens && prepared ? MER_OK : mer__fail_memory(err);
  if (status == MER_OK) status = prepare(prepared, tokens, model, inputs, n, err);
  if (status == MER_OK)
    status = mer__model_infer(probs, model, prepared, n, monitor, "predict", err);
  for (int64_t i = 0; tokens && i < n; i++) mer_tokens_clear(&tokens[i]);
  mer__free(tokens);
  mer__free(prepared);
  return status;
}

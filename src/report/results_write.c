/* results_write.c: the common parts of results documents. */
#include "report/results_write.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "mer/text.h"
#include "report/metrics_json.h"
#include "tensor/json_memory.h"

void mer__results_labels(const char **labels, const mer_dataset *dataset) {
  for (int32_t i = 0; i < mer_dataset_n_labels(dataset); i++)
    labels[i] = mer_dataset_label(dataset, i);
}

json_t *mer__results_metrics_or_null(const mer_metrics *metrics, const mer_bootstrap *bootstrap,
                                     const char *const *labels) {
  return metrics->n == 0 ? json_null() : mer__metrics_to_json(metrics, bootstrap, labels);
}

static json_t *clips_to_json(const int64_t *counts) {
  json_t *object = json_object();
  for (int s = 0; s < MER_N_CLIP_STATES; s++)
    if (counts[s] > 0)
      json_object_set_new(object, mer_clip_state_name((mer_clip_state)s),
                          json_integer((json_int_t)counts[s]));
  return object;
}

json_t *mer__results_split_to_json(const mer_metrics *metrics, const int64_t *clip_counts) {
  json_t *counts = json_array();
  for (int32_t i = 0; i < metrics->n_classes; i++)
    json_array_append_new(counts, json_integer((json_int_t)metrics->classes[i].support));
  return json_pack("{s:I, s:o, s:o}", "utterances", (json_int_t)metrics->n, "label_counts", counts,
                   "clips", clips_to_json(clip_counts));
}

void mer__results_tell_without_input(json_t *settings, int64_t n_without_input) {
  if (n_without_input > 0)
    json_object_set_new(settings, "utterances without input",
                        json_integer((json_int_t)n_without_input));
}

int32_t mer__results_majority_class(const mer_metrics *majority) {
  for (int32_t predicted = 0; predicted < majority->n_classes; predicted++)
    for (int32_t label = 0; label < majority->n_classes; label++)
      if (majority->confusion[label][predicted] > 0) return predicted;
  return 0;
}

/* "model name" of /proc/cpuinfo. */
static void read_cpu_name(char name[128]) {
  char line[256];
  FILE *in = fopen("/proc/cpuinfo", "re");
  strcpy(name, "unknown");
  while (in && fgets(line, sizeof line, in)) {
    const char *colon = strncmp(line, "model name", 10) == 0 ? strchr(line, ':') : NULL;
    if (!colon) continue;
    snprintf(name, 128, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
    break;
  }
  if (in) fclose(in);
}

mer_status mer__results_origin_check(const mer__results_origin *origin, mer_error *err) {
  const struct {
    const char *name, *text;
  } texts[] = {{"title", origin->title},
               {"note", origin->note},
               {"command", origin->command},
               {"time", origin->created}};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    if (!texts[i].text) continue;
    mer__json_watch();
    json_t *string = json_string(texts[i].text);
    json_decref(string);
    if (string) continue;
    if (mer__json_no_memory()) return mer__fail_memory(err);
    return mer__fail(err, MER_STATUS_INVALID, "the %s of a report is not UTF-8", texts[i].name);
  }
  return MER_OK;
}

json_t *mer__results_text_or_null(const char *bytes) {
  char *text = bytes ? mer__strdup(bytes) : NULL;
  if (text) mer_text_make_utf8(text);
  json_t *string = bytes ? json_string(text) : json_null();
  mer__free(text);
  return string;
}

static json_t *data_to_json(const mer__results_origin *origin, const mer_dataset *dataset,
                            json_t *splits) {
  json_t *labels = json_array();
  for (int32_t i = 0; i < mer_dataset_n_labels(dataset); i++)
    json_array_append_new(labels, json_string(mer_dataset_label(dataset, i)));
  return json_pack(
      "{s:o, s:s, s:o, s:s?, s:o}", "path", mer__results_text_or_null(origin->data_path), "digest",
      mer_dataset_digest(dataset), "labels", labels, "note", origin->note, "splits", splits);
}

json_t *mer__results_part(const mer__results_origin *origin, const mer_dataset *dataset,
                          json_t *splits, json_t *majority, json_t *runs) {
  return json_pack("{s:o, s:o, s:o}", "data", data_to_json(origin, dataset, splits), "majority",
                   majority, "runs", runs);
}

char *mer__results_write(const mer__results_origin *origin, json_t *settings, json_t *content) {
  char cpu[128], *text = NULL;
  read_cpu_name(cpu);
  json_t *root =
      json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:{s:s, s:i}, s:o}", "format", "mer-results",
                "version", 1, "title", origin->title ? origin->title : "Results", "command",
                origin->command ? origin->command : "", "mer_version", MER_VERSION, "created",
                origin->created ? origin->created : "", "machine", "cpu", cpu, "threads",
                mer_threads_get(), "settings", settings);
  if (root && content && json_object_update(root, content) == 0)
    text = mer__json_dump(root, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
  json_decref(content);
  json_decref(root);
  return text;
}

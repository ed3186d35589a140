/* bench_output.c: measurements with machine and build, as Markdown, CSV or JSON. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "cli/bench.h"
#include "cli/json_text.h"

/* The CPU's name, as Linux has it; else the machine's kind. */
static void name_cpu(char *name, size_t size) {
  char line[512];
  struct utsname machine;
  FILE *file = fopen("/proc/cpuinfo", "r");
  name[0] = 0;
  while (file && !name[0] && fgets(line, sizeof line, file)) {
    char *value = strchr(line, ':');
    if (strncmp(line, "model name", 10) != 0 || !value) continue;
    value += 1 + strspn(value + 1, " ");
    snprintf(name, size, "%.*s", (int)strcspn(value, "\n"), value);
  }
  if (file) fclose(file);
  if (!name[0] && uname(&machine) == 0) snprintf(name, size, "%s", machine.machine);
}

static double rate(const bench_result *r) { return (double)r->n_units / r->median; }

static void print_md(const char *cpu, const mer_build_info *build, const bench_result *r, int n) {
  printf("Machine: %s, %d threads, %s. Build: mer %s, %s, %s.\n\n", cpu, mer_threads_get(),
         build->instruction_set, build->version, build->compiler, build->build_type);
  puts(
      "| work | of | batch | tokens | runs | median s | minimum s | maximum s | rate | peak MiB |");
  puts("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|");
  for (int i = 0; i < n; i++, r++) {
    char batch[32] = "", tokens[32] = "";
    if (r->batch_size) snprintf(batch, sizeof batch, "%lld", (long long)r->batch_size);
    if (r->tokens > 0) snprintf(tokens, sizeof tokens, "%.1f", r->tokens);
    printf("| %s | %s | %s | %s | %lld | %.4g | %.4g | %.4g | %.5g %s | %.1f |\n", r->work,
           r->subject, batch, tokens, (long long)r->n_runs, r->median, r->minimum, r->maximum,
           rate(r), r->rate_unit, (double)r->peak_bytes / (1 << 20));
  }
}

static json_t *to_json(const char *cpu, const mer_build_info *build, const bench_result *r, int n) {
  json_t *list = json_array();
  for (int i = 0; i < n; i++, r++)
    json_array_append_new(
        list,
        json_pack("{s:s, s:o, s:I, s:f, s:I, s:f, s:f, s:f, s:f, s:f, s:s, s:I}", "work", r->work,
                  "subject", cli_json_text(r->subject), "batch_size", (json_int_t)r->batch_size,
                  "tokens", r->tokens, "runs", (json_int_t)r->n_runs, "median", r->median,
                  "minimum", r->minimum, "maximum", r->maximum, "mean", r->mean, "rate", rate(r),
                  "rate_unit", r->rate_unit, "peak_bytes", (json_int_t)r->peak_bytes));
  return json_pack("{s:{s:s, s:i, s:s}, s:{s:s, s:s, s:s}, s:o}", "machine", "cpu", cpu, "threads",
                   mer_threads_get(), "instruction_set", build->instruction_set, "build", "version",
                   build->version, "compiler", build->compiler, "build_type", build->build_type,
                   "measurements", list);
}

static void print_json(json_t *root) {
  json_dumpf(root, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
  putchar('\n');
  json_decref(root);
}

/* A cell with its quotes doubled. */
static void print_cell(const char *text) {
  putchar('"');
  for (; *text; text++) {
    if (*text == '"') putchar('"');
    putchar(*text);
  }
  fputs("\",", stdout);
}

static void print_csv(const char *cpu, const mer_build_info *build, const bench_result *r, int n) {
  puts(
      "work,subject,cpu,instruction_set,version,compiler,build_type,rate_unit,threads,"
      "batch_size,tokens,runs,median,minimum,maximum,mean,rate,peak_bytes");
  for (int i = 0; i < n; i++, r++) {
    const char *cells[] = {
        r->work,         r->subject,        cpu,         build->instruction_set, build->version,
        build->compiler, build->build_type, r->rate_unit};
    for (size_t c = 0; c < sizeof cells / sizeof cells[0]; c++) print_cell(cells[c]);
    printf("%d,%lld,%.6g,%lld,%.6g,%.6g,%.6g,%.6g,%.6g,%lld\n", mer_threads_get(),
           (long long)r->batch_size, r->tokens, (long long)r->n_runs, r->median, r->minimum,
           r->maximum, r->mean, rate(r), (long long)r->peak_bytes);
  }
}

void bench_print(const char *format, const bench_result *results, int n) {
  char cpu[256];
  mer_build_info build = mer_build_describe();
  name_cpu(cpu, sizeof cpu);
  if (strcmp(format, "md") == 0) print_md(cpu, &build, results, n);
  else if (strcmp(format, "csv") == 0) print_csv(cpu, &build, results, n);
  else print_json(to_json(cpu, &build, results, n));
}

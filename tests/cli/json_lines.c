/* json_lines.c: checks that each line of standard input is one JSON object, and prints the members
 * named on the command line ("a.b" is member b of a), blanks between them, "-" for those absent. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *member(json_t *object, char *path) {
  for (char *name = strtok(path, "."); name; name = strtok(NULL, "."))
    object = json_object_get(object, name);
  return object;
}

static void print_member(json_t *object, const char *path) {
  char copy[256];
  snprintf(copy, sizeof copy, "%s", path);
  json_t *value = member(object, copy);
  if (json_is_string(value)) printf("%s", json_string_value(value));
  else if (value) json_dumpf(value, stdout, JSON_ENCODE_ANY | JSON_COMPACT);
  else printf("-");
}

int main(int argc, char **argv) {
  char *line = NULL;
  size_t capacity = 0;
  int number = 0;
  while (getline(&line, &capacity, stdin) > 0) {
    json_error_t fault;
    json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, &fault);
    number++;
    if (!json_is_object(object)) {
      fprintf(stderr, "line %d is not a JSON object: %s", number, line);
      free(line);
      return 1;
    }
    for (int i = 1; i < argc; i++) {
      print_member(object, argv[i]);
      putchar(i + 1 < argc ? ' ' : '\n');
    }
    json_decref(object);
  }
  free(line);
  return 0;
}

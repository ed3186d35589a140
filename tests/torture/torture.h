/* torture.h: scenarios, and the loop that lets each call of a scenario fail once. */
#ifndef MER_TESTS_TORTURE_H
#define MER_TESTS_TORTURE_H

#include "mer/base.h"

/** What the library is asked to do while a call fails. */
typedef struct scenario {
  const char *name;
  mer_status (*run)(mer_error *err);
  const char *out;     /* file or folder in the test's folder that it writes; NULL: none */
  const char *old;     /* what stands at `out` before; NULL: nothing */
  bool may_lose;       /* what cannot be read it answers without */
  const char *partial; /* what stands at `<out>.partial` before; NULL: nothing */
} scenario;

enum { MOST_SCENARIOS = 70 };
extern const scenario scenarios[]; /* [n_scenarios] */
extern const int n_scenarios;

/** Set-up and tear-down of cmocka: the data set, the encoder and the models that the scenarios
 * need, in a folder of their own. */
int make_fixtures(void **state);
int remove_fixtures(void **state);
/** That folder. */
const char *fixture_folder(void);

/** Adds to what the present run has given: two runs that succeed must give the same. */
void give(const void *data, size_t size);

/** A cmocka test; `*state` is a scenario. */
void torture(void **state);

#endif

/* worst_examples.h: the rows that a model is most sure of, and wrong. */
#ifndef MER_CLI_WORST_EXAMPLES_H
#define MER_CLI_WORST_EXAMPLES_H

#include "cli/evaluation.h"

/** At most `most` of them into `examples` [most], the surest first, of equally sure ones the first
 * row; their number. They borrow from the evaluation, which is of one label. */
int32_t cli_worst_examples(mer_report_example *examples, const cli_evaluation *e, int32_t most);

#endif

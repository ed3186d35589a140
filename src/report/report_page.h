/* report_page.h: the sections of the page, each from the same checked results, and what they
 * share. */
#ifndef MER_REPORT_PAGE_H
#define MER_REPORT_PAGE_H

#include "base/text_buffer.h"
#include "report/measures.h"
#include "report/results_read.h"

/** The page while it is written. */
typedef struct mer__page {
  mer__text_buffer *out;
  const mer__results *results;
  int n_figures; /* numbers the figures' ids */
} mer__page;

/** Mean of a measure over a run's seeds; NaN where the run has no metrics of the split. */
mer__mean mer__run_mean(const mer__results_run *run, mer_split split, mer__measure measure);
/** Interval of a measure, its ends averaged over the seeds; NaN: none. */
mer_interval mer__run_interval(const mer__results_run *run, mer_split split, mer__measure measure);
/** Mean over the seeds of a class's recall or F1 on the test split. */
double mer__run_class_mean(const mer__results_run *run, int32_t label, bool f1);
/** Sums the confusion matrices of a run's seeds on the test split into `counts` [n, n], n labels;
 * false if it has none. */
bool mer__run_confusion(int64_t *counts, const mer__results_run *run, int32_t n);
/** Whether any run has metrics of the split. */
bool mer__results_have(const mer__results *results, mer_split split);

/** What stands before all sections: the title, the style, the heading. */
void mer__page_head(mer__text_buffer *out, const char *title);
/** Where there are several runs: the heading of what belongs to the first seed of one. */
void mer__page_run_heading(mer__page *page, int32_t run);
/** The answer in a sentence or two, and the note about the data. */
void mer__page_answer(mer__page *page);
/** Tables of the runs on each split, and how to read them. */
void mer__page_comparison(mer__page *page);
/** Whether runs differ, where they were tested. */
void mer__page_pairs(mer__page *page);
/** Scores over the number of training utterances, of runs that differ in that alone. */
void mer__page_learning(mer__page *page);
/** Loss and accuracy by epoch. */
void mer__page_curves(mer__page *page);
/** Confusion matrices; F1 and recall by class. */
void mer__page_confusions(mer__page *page);
void mer__page_classes(mer__page *page);
/** Whether the probabilities are as often right as they say, of the runs that tell it. */
void mer__page_calibration(mer__page *page);
/** What disturbed rows cost, of the runs that tell it. */
void mer__page_robustness(mer__page *page);
/** Rows that are shown, with their sounds and images, of the runs that tell them. */
void mer__page_examples(mer__page *page);
/** Utterances, labels and clips of each split. */
void mer__page_data(mer__page *page);
/** Settings, seeds, command, versions, machine. */
void mer__page_settings(mer__page *page);

/** The style sheet. */
extern const char mer__report_style[];

#endif

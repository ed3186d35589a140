/* measures.c: the measures that tables show, and their mean over seeds. */
#include "report/measures.h"

#include <math.h>

const char *mer__measure_key(mer__measure measure) {
  static const char *const keys[] = {
#define KEY(name, key, title) #key,
      MER__MEASURE_MAP(KEY)
#undef KEY
  };
  return keys[measure];
}

const char *mer__measure_title(mer__measure measure) {
  static const char *const titles[] = {
#define TITLE(name, key, title) title,
      MER__MEASURE_MAP(TITLE)
#undef TITLE
  };
  return titles[measure];
}

double mer__measure_of(const mer_metrics *metrics, mer__measure measure) {
  switch (measure) {
#define OF(name, key, title) \
  case MER__##name: return metrics->key;
    MER__MEASURE_MAP(OF)
#undef OF
    default: return NAN;
  }
}

const mer_interval *mer__measure_interval(const mer_bootstrap *bootstrap, mer__measure measure) {
  if (!bootstrap) return NULL;
  switch (measure) {
    case MER__ACCURACY: return &bootstrap->accuracy;
    case MER__WEIGHTED_F1: return &bootstrap->weighted_f1;
    case MER__MACRO_F1: return &bootstrap->macro_f1;
    case MER__UAR: return &bootstrap->uar;
    default: return NULL;
  }
}

void mer__mean_add(mer__mean *mean, double x) {
  if (!isfinite(x)) return;
  double difference = x - mean->mean;
  mean->n++;
  mean->mean += difference / (double)mean->n;
  mean->deviation += difference * (x - mean->mean);
}

void mer__mean_finish(mer__mean *mean) {
  if (mean->n < 1) mean->mean = NAN;
  mean->deviation = mean->n < 2 ? (double)NAN : sqrt(mean->deviation / (double)(mean->n - 1));
}

mer__mean mer__measure_mean(const mer_metrics *metrics, int32_t n, mer__measure measure) {
  mer__mean mean = {0};
  for (int32_t i = 0; i < n; i++) mer__mean_add(&mean, mer__measure_of(&metrics[i], measure));
  mer__mean_finish(&mean);
  return mean;
}

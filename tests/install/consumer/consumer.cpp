// The same source is a C++ program.
#include "consumer.c"

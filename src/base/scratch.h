/* scratch.h: a block of memory of each thread, for kernels, which neither allocate nor may count on
 * a large stack: a program's own threads often have 64 KB. */
#ifndef MER_BASE_SCRATCH_H
#define MER_BASE_SCRATCH_H

enum { MER__SCRATCH_BYTES = 704 << 10 };

/** This thread's block, MER__SCRATCH_BYTES aligned to MER__ALIGNMENT, not zeroed. It is made at the
 * thread's first call and freed when the thread ends. Where memory is out it is the one block of
 * the process, for which threads wait. Between take and give there is no other take. */
void *mer__scratch_take(void);
void mer__scratch_give(void *scratch);

#endif

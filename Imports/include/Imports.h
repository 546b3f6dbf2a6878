#ifndef SALLYPORT_IMPORTS_H
#define SALLYPORT_IMPORTS_H

#include <stddef.h>

typedef struct {
  const char *name;  // path below Imports/
  const unsigned char *bytes;
  size_t length;
} sallyport_embedded_file;

size_t sallyport_embedded_file_count(void);

// `index` must be below the count.
const sallyport_embedded_file *sallyport_embedded_file_at(size_t index);

#endif

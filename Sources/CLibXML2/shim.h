#ifndef SALLYPORT_CLIBXML2_H
#define SALLYPORT_CLIBXML2_H

// libxml2 built with ICU pulls ICU's headers in, which clash with the copy inside Foundation. Only
// the tail of a struct that is never used by value depends on them.
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/SAX2.h>
#include <libxml/xmlerror.h>

// libxml2 2.9 prints some encoding errors itself; the setting belongs to the calling thread.
static inline void sallyport_ignore_message(void *context, const char *message, ...) {
  (void)context;
  (void)message;
}

static inline void sallyport_silence_parser(void) {
  xmlSetGenericErrorFunc(NULL, sallyport_ignore_message);
}

#endif

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

#endif

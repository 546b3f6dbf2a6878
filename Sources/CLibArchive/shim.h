#ifndef SALLYPORT_CLIBARCHIVE_H
#define SALLYPORT_CLIBARCHIVE_H

#include <archive.h>
#include <archive_entry.h>

#endif

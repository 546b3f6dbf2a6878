#ifndef SALLYPORT_CZLIB_H
#define SALLYPORT_CZLIB_H

#include <zlib.h>

#endif

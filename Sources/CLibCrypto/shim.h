#ifndef SALLYPORT_CLIBCRYPTO_H
#define SALLYPORT_CLIBCRYPTO_H

#include <openssl/evp.h>

#endif

#ifndef SALLYPORT_CSQLITE_H
#define SALLYPORT_CSQLITE_H

#include <sqlite3.h>

// Swift cannot call variadic functions.

/// Closes the ways round a read-only connection: no extensions, no attached files, no writes to the
/// schema by tricks.
static inline int sallyport_sqlite_harden(sqlite3 *database) {
  int status = sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)0);
  if (status == SQLITE_OK)
    status = sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, (int *)0);
  sqlite3_limit(database, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_limit(database, SQLITE_LIMIT_LENGTH, 64 * 1024 * 1024);
  return status;
}

/// SQLite then copies the text.
static inline sqlite3_destructor_type sallyport_sqlite_transient(void) { return SQLITE_TRANSIENT; }

#endif

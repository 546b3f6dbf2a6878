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
  // A single comparison with a long pattern can outlast any time limit, which SQLite looks at
  // between its steps only.
  sqlite3_limit(database, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 256);
  // Large sorts and intermediate results stay in memory, and that within bounds.
  if (status == SQLITE_OK)
    status = sqlite3_exec(database, "PRAGMA temp_store = MEMORY", 0, 0, 0);
  sqlite3_hard_heap_limit64(1024 * 1024 * 1024);
  return status;
}

/// SQLite then copies the text.
static inline sqlite3_destructor_type sallyport_sqlite_transient(void) { return SQLITE_TRANSIENT; }

#endif

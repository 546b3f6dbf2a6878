// A flat tree of a JSON text, built by simdjson. One array of nodes in document order, one arena
// of unescaped strings; every node knows where it starts in the source.
#ifndef SALLYPORT_CSIMDJSON_H
#define SALLYPORT_CSIMDJSON_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  SPJ_NULL = 0,
  SPJ_FALSE = 1,
  SPJ_TRUE = 2,
  SPJ_NUMBER = 3,
  SPJ_STRING = 4,
  SPJ_ARRAY = 5,
  SPJ_OBJECT = 6,
  SPJ_KEY = 7
};

typedef struct {
  uint8_t kind;
  uint32_t end;      // index just behind the subtree
  uint32_t source;   // byte offset in the text
  uint32_t start;    // string, key or number: offset in the arena
  uint32_t length;   // string, key, number: bytes; array, object: number of members
  uint32_t parent;   // enclosing array or object; own index for a top-level value
  uint32_t ordinal;  // position among the members of the parent
} spj_node;

typedef struct {
  const spj_node *nodes;
  size_t node_count;
  const char *strings;
  size_t string_bytes;
  const uint32_t *tops;  // indices of the top-level values
  size_t top_count;
  void *owner;           // what spj_free releases
} spj_tree;

enum {
  SPJ_OK = 0,
  SPJ_ERROR_SYNTAX = 1,
  SPJ_ERROR_TRUNCATED = 2,
  SPJ_ERROR_DEPTH = 3,
  SPJ_ERROR_UTF8 = 4,
  SPJ_ERROR_SIZE = 5,
  SPJ_ERROR_MEMORY = 6,
  SPJ_ERROR_EMPTY = 7
};

typedef struct {
  int code;
  size_t offset;        // byte offset; SIZE_MAX where none is known
  const char *message;  // static text of the parser
} spj_error;

// Reads one or more JSON values. `text` must have `spj_padding()` readable bytes behind `length`.
// Returns 1 and fills `tree` (to be released by spj_free), or 0 and fills `error`.
int spj_parse(const char *text, size_t length, uint32_t max_depth, uint32_t max_nodes,
              spj_tree *tree, spj_error *error);

void spj_free(spj_tree *tree);

size_t spj_padding(void);

#ifdef __cplusplus
}
#endif

#endif

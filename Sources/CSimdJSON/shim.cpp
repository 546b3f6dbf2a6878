#include "include/CSimdJSON.h"

#include <cstring>
#include <memory>
#include <new>
#include <vector>

#include <simdjson.h>

using namespace simdjson;

namespace {

// Thrown inside this file only; never crosses into Swift.
struct failure {
  int code;
  size_t offset;
  const char *message;
};

struct builder {
  const char *text;
  size_t length;
  uint32_t max_depth;
  uint32_t max_nodes;
  std::vector<spj_node> nodes;
  std::vector<char> strings;
  std::vector<uint32_t> tops;

  size_t offset_of(const char *where) const {
    if (where < text || where > text + length) return SIZE_MAX;
    return static_cast<size_t>(where - text);
  }

  [[noreturn]] void fail(error_code code, size_t offset) const {
    int kind = SPJ_ERROR_SYNTAX;
    if (code == DEPTH_ERROR) kind = SPJ_ERROR_DEPTH;
    if (code == UTF8_ERROR) kind = SPJ_ERROR_UTF8;
    if (code == CAPACITY) kind = SPJ_ERROR_SIZE;
    if (code == MEMALLOC) kind = SPJ_ERROR_MEMORY;
    if (code == EMPTY) kind = SPJ_ERROR_EMPTY;
    if (code == INCOMPLETE_ARRAY_OR_OBJECT || code == UNCLOSED_STRING) kind = SPJ_ERROR_TRUNCATED;
    throw failure{kind, offset, error_message(code)};
  }

  uint32_t add(uint8_t kind, size_t source, uint32_t parent, uint32_t ordinal) {
    if (nodes.size() >= max_nodes) {
      throw failure{SPJ_ERROR_SIZE, source, "too many values"};
    }
    uint32_t index = static_cast<uint32_t>(nodes.size());
    nodes.push_back(spj_node{kind, index + 1, static_cast<uint32_t>(source), 0, 0, parent, ordinal});
    return index;
  }

  void put_string(uint32_t index, std::string_view value) {
    nodes[index].start = static_cast<uint32_t>(strings.size());
    nodes[index].length = static_cast<uint32_t>(value.size());
    strings.insert(strings.end(), value.begin(), value.end());
  }

  // `value` is a document or a value of simdjson's on-demand interface.
  template <typename T>
  void build(T &value, const char *token, uint32_t parent, uint32_t ordinal, uint32_t depth) {
    size_t source = offset_of(token);
    if (depth > max_depth) {
      throw failure{SPJ_ERROR_DEPTH, source, "values nested too deeply"};
    }
    ondemand::json_type type;
    if (auto code = value.type().get(type)) fail(code, source);
    switch (type) {
      case ondemand::json_type::array: {
        uint32_t index = add(SPJ_ARRAY, source, parent, ordinal);
        ondemand::array members;
        if (auto code = value.get_array().get(members)) fail(code, source);
        uint32_t count = 0;
        for (auto member : members) {
          ondemand::value inner;
          if (auto code = std::move(member).get(inner)) fail(code, location(source));
          build(inner, token_of(inner, source), index, count, depth + 1);
          count += 1;
        }
        nodes[index].length = count;
        nodes[index].end = static_cast<uint32_t>(nodes.size());
        break;
      }
      case ondemand::json_type::object: {
        uint32_t index = add(SPJ_OBJECT, source, parent, ordinal);
        ondemand::object members;
        if (auto code = value.get_object().get(members)) fail(code, source);
        uint32_t count = 0;
        for (auto member : members) {
          ondemand::field field;
          if (auto code = std::move(member).get(field)) fail(code, location(source));
          const char *raw = field.key().raw();
          uint32_t key = add(SPJ_KEY, offset_of(raw), index, count);
          std::string_view name;
          if (auto code = field.unescaped_key().get(name)) fail(code, offset_of(raw));
          put_string(key, name);
          ondemand::value inner = field.value();
          build(inner, token_of(inner, offset_of(raw)), index, count, depth + 1);
          count += 1;
        }
        nodes[index].length = count;
        nodes[index].end = static_cast<uint32_t>(nodes.size());
        break;
      }
      case ondemand::json_type::string: {
        uint32_t index = add(SPJ_STRING, source, parent, ordinal);
        std::string_view text;
        if (auto code = value.get_string().get(text)) fail(code, source);
        put_string(index, text);
        break;
      }
      case ondemand::json_type::number: {
        uint32_t index = add(SPJ_NUMBER, source, parent, ordinal);
        // Kept as text: 64-bit identifiers and decimals alike survive exactly.
        ondemand::number number;
        if (auto code = value.get_number().get(number)) {
          if (!plain_integer(source)) fail(code, source);
        }
        size_t end = source;
        while (end < length && std::strchr("+-.0123456789eE", text[end]) != nullptr) end += 1;
        put_string(index, std::string_view(text + source, end - source));
        break;
      }
      case ondemand::json_type::boolean: {
        bool flag;
        if (auto code = value.get_bool().get(flag)) fail(code, source);
        add(flag ? SPJ_TRUE : SPJ_FALSE, source, parent, ordinal);
        break;
      }
      case ondemand::json_type::null: {
        bool null = false;
        if (auto code = simdjson_result<bool>(value.is_null()).get(null)) fail(code, source);
        if (!null) fail(N_ATOM_ERROR, source);
        add(SPJ_NULL, source, parent, ordinal);
        break;
      }
    }
  }

  // An integer beyond 64 bits is sound JSON; simdjson reports it with differing error codes.
  bool plain_integer(size_t at) const {
    size_t end = at;
    if (end < length && text[end] == '-') end += 1;
    size_t first = end;
    while (end < length && text[end] >= '0' && text[end] <= '9') end += 1;
    if (end == first || (text[first] == '0' && end > first + 1)) return false;
    return end == length || std::strchr(" \t\r\n,]}", text[end]) != nullptr;
  }

  ondemand::document *single = nullptr;

  size_t location(size_t fallback) const {
    const char *where = nullptr;
    if (single != nullptr && !single->current_location().get(where)) {
      size_t offset = offset_of(where);
      return offset == SIZE_MAX ? fallback : offset;
    }
    return fallback;
  }

  const char *token_of(ondemand::value &value, size_t fallback) const {
    std::string_view token = value.raw_json_token();
    return token.data() == nullptr ? text + fallback : token.data();
  }
};

}  // namespace

extern "C" size_t spj_padding(void) { return SIMDJSON_PADDING; }

extern "C" int spj_parse(const char *text, size_t length, uint32_t max_depth, uint32_t max_nodes,
                         spj_tree *tree, spj_error *error) {
  std::memset(tree, 0, sizeof *tree);
  try {
    if (length >= UINT32_MAX - SIMDJSON_PADDING) {
      throw failure{SPJ_ERROR_SIZE, SIZE_MAX, "text larger than 4 GiB"};
    }
    std::unique_ptr<builder> owner(new builder{text, length, max_depth, max_nodes, {}, {}, {}});
    builder &build = *owner;
    build.nodes.reserve(length / 16 + 16);
    build.strings.reserve(length / 2 + 16);
    ondemand::parser parser;
    size_t begin = 0;
    while (begin < length && std::strchr(" \t\r\n", text[begin]) != nullptr) begin += 1;
    if (begin == length) throw failure{SPJ_ERROR_EMPTY, SIZE_MAX, "no JSON value"};

    bool several = false;
    failure first{0, SIZE_MAX, nullptr};
    try {
      ondemand::document document;
      auto code = parser.iterate(text, length, length + SIMDJSON_PADDING).get(document);
      if (code) build.fail(code, SIZE_MAX);
      build.single = &document;
      build.tops.push_back(0);
      build.build(document, text + begin, 0, 0, 1);
      const char *rest = nullptr;
      several = !document.current_location().get(rest);
    } catch (const failure &problem) {
      // The parser compares the first character with the last one before anything else, so an object
      // followed by an array looks like an object without end.
      if (problem.code != SPJ_ERROR_TRUNCATED) throw;
      first = problem;
      several = true;
    }
    if (several) {
      // Several values one after the other: read again as a stream.
      build.nodes.clear();
      build.strings.clear();
      build.tops.clear();
      build.single = nullptr;
      try {
        ondemand::document_stream stream;
        auto code = parser.iterate_many(text, length, length + SIMDJSON_PADDING).get(stream);
        if (code) build.fail(code, SIZE_MAX);
        for (auto it = stream.begin(); it != stream.end(); ++it) {
          ondemand::document_reference value;
          size_t at = it.current_index();
          if (auto failed = (*it).get(value)) build.fail(failed, at);
          uint32_t index = static_cast<uint32_t>(build.nodes.size());
          build.tops.push_back(index);
          build.build(value, text + at, index, 0, 1);
        }
        if (stream.truncated_bytes() > 0) {
          throw failure{SPJ_ERROR_TRUNCATED, length - stream.truncated_bytes(),
                        "the last value has no end"};
        }
      } catch (const failure &) {
        if (first.code != 0 && build.tops.size() < 2) throw first;
        throw;
      }
      if (build.tops.empty()) throw first;
    }

    tree->nodes = build.nodes.data();
    tree->node_count = build.nodes.size();
    tree->strings = build.strings.data();
    tree->string_bytes = build.strings.size();
    tree->tops = build.tops.data();
    tree->top_count = build.tops.size();
    tree->owner = owner.release();
    return 1;
  } catch (const failure &problem) {
    *error = spj_error{problem.code, problem.offset, problem.message};
  } catch (const std::bad_alloc &) {
    *error = spj_error{SPJ_ERROR_MEMORY, SIZE_MAX, "out of memory"};
  } catch (...) {
    *error = spj_error{SPJ_ERROR_SYNTAX, SIZE_MAX, "unexpected failure of the parser"};
  }
  return 0;
}

extern "C" void spj_free(spj_tree *tree) {
  delete static_cast<builder *>(tree->owner);
  std::memset(tree, 0, sizeof *tree);
}

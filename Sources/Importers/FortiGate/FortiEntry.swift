import ImportKit

/// One entry of a FortiOS table, whichever way it was exported.
///
/// The three spellings are: configuration text (`set srcaddr "a" "b"`), the REST API
/// (`"srcaddr": [{"name": "a", "q_origin_key": "a"}]`) and FortiManager (`"srcaddr": ["a"]`, with
/// numbers for words unless `verbose` was asked for).
struct FortiEntry: Sendable {
  enum Body: Sendable {
    case json(JSONValue)
    case text(FortiBlock)
  }

  let body: Body
  let file: Int

  var position: SourcePosition {
    switch body {
    case .json(let value): SourcePosition(file: file, line: value.line, pointer: value.pointer)
    case .text(let block): SourcePosition(file: file, line: block.line)
    }
  }

  /// What tells entries of a table apart: the name of an object, the number of a policy.
  var key: String {
    switch body {
    case .json(let value):
      for member in [value["name"], value["policyid"], value["id"], value["q_origin_key"]] {
        if let text = member?.scalarText, !text.isEmpty { return text }
      }
      return ""
    case .text(let block): return block.name
    }
  }

  func has(_ name: StaticString) -> Bool {
    switch body {
    case .json(let value): !(value[name]?.isNull ?? true)
    case .text(let block): block.words(name.description) != nil
    }
  }

  /// The values of a setting, one a name; names may hold blanks.
  func names(_ name: StaticString) -> [String] {
    switch body {
    case .text(let block): return block.words(name.description) ?? []
    case .json(let value):
      guard let member = value[name] else { return [] }
      return Self.texts(member)
    }
  }

  private static func texts(_ value: JSONValue) -> [String] {
    if let text = value.scalarText { return text.isEmpty ? [] : [text] }
    if value.isObject { return name(of: value).map { [$0] } ?? [] }
    return value.elements.compactMap { element in
      if let text = element.scalarText { return text.isEmpty ? nil : text }
      return name(of: element)
    }
  }

  /// The name in `{"name": …, "q_origin_key": …}`; some tables call it otherwise.
  private static func name(of value: JSONValue) -> String? {
    let candidates = [
      value["name"], value["interface-name"], value["q_origin_key"], value["id"],
      value["macaddr"], value["address"], value["category"],
    ]
    return candidates.lazy.compactMap { $0?.scalarText }.first { !$0.isEmpty }
  }

  /// The values of a setting whose values never hold blanks: `10.0.0.0 255.0.0.0` is two.
  func values(_ name: StaticString) -> [String] {
    names(name).flatMap { $0.split(separator: " ").map(String.init) }
  }

  /// The first value of a setting; nil where it is absent or empty.
  func word(_ name: StaticString) -> String? { names(name).first }

  /// Whether a switch is on: `enable`, or 1 as FortiManager writes it.
  func isOn(_ name: StaticString) -> Bool {
    guard let word = word(name) else { return false }
    return word == "enable" || word == "1"
  }

  /// Whether a switch is off; an absent one is neither on nor off.
  func isOff(_ name: StaticString) -> Bool {
    guard let word = word(name) else { return false }
    return word == "disable" || word == "0"
  }

  /// The entries of a table inside the entry (`config entries`).
  func list(_ name: StaticString) -> [FortiEntry] {
    switch body {
    case .json(let value):
      guard let member = value[name] else { return [] }
      return member.elements.filter(\.isObject).map { FortiEntry(body: .json($0), file: file) }
    case .text(let block):
      return block.blocks.filter { $0.name == name.description }
        .flatMap(\.entries).map { FortiEntry(body: .text($0), file: file) }
    }
  }

  /// A group of settings inside the entry (`config https`).
  func object(_ name: StaticString) -> FortiEntry? {
    switch body {
    case .json(let value):
      guard let member = value[name], member.isObject else { return nil }
      return FortiEntry(body: .json(member), file: file)
    case .text(let block):
      return block.blocks.last { $0.name == name.description }
        .map { FortiEntry(body: .text($0), file: file) }
    }
  }

  /// Whether words are written as numbers, as FortiManager does without `verbose`.
  func isNumber(_ name: StaticString) -> Bool {
    if case .json(let value) = body { return value[name]?.kind == .number }
    return false
  }

  /// The JSON object itself; nil for text.
  var json: JSONValue? {
    if case .json(let value) = body { value } else { nil }
  }
}

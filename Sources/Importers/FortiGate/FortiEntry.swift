import ImportKit

/// One entry of a FortiOS table, whichever way it was exported; remembers which of its settings were
/// read.
///
/// The three spellings are: configuration text (`set srcaddr "a" "b"`), the REST API
/// (`"srcaddr": [{"name": "a", "q_origin_key": "a"}]`) and FortiManager (`"srcaddr": ["a"]`, with
/// numbers for words unless `verbose` was asked for).
final class FortiEntry {
  enum Body {
    case json(JSONValue)
    case text(FortiBlock)
  }

  let body: Body
  let file: Int
  /// Names of the settings that were read and understood.
  private var read: Set<String> = []
  /// Groups of settings inside, which remember what was read of them.
  private var inner: [String: FortiEntry] = [:]

  init(body: Body, file: Int) {
    self.body = body
    self.file = file
  }

  var position: SourcePosition {
    switch body {
    case .json(let value): JSONItem(value, file: file).position
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

  /// Whether the setting is there and says something; does not read it.
  func has(_ name: String) -> Bool {
    switch body {
    case .json(let value): !(value.member(name)?.isNull ?? true)
    case .text(let block): block.words(name) != nil
    }
  }

  /// Takes settings for read.
  func ignore(_ names: String...) { read.formUnion(names) }

  /// The values of a setting, one a name; names may hold blanks. A value that has no name leaves the
  /// setting unread.
  func names(_ name: String) -> [String] {
    switch body {
    case .text(let block):
      read.insert(name)
      return block.words(name) ?? []
    case .json(let value):
      guard let member = value.member(name), !member.isNull else { return [] }
      var isUnderstood = true
      let texts = Self.texts(member, &isUnderstood)
      if isUnderstood { read.insert(name) }
      return texts
    }
  }

  private static func texts(_ value: JSONValue, _ isUnderstood: inout Bool) -> [String] {
    if let text = value.scalarText { return text.isEmpty ? [] : [text] }
    if value.isObject {
      guard let name = name(of: value) else {
        isUnderstood = isUnderstood && value.count == 0
        return []
      }
      return [name]
    }
    return value.elements.compactMap { element in
      if let text = element.scalarText { return text.isEmpty ? nil : text }
      let name = name(of: element)
      if name == nil { isUnderstood = false }
      return name
    }
  }

  /// The name in `{"name": …, "q_origin_key": …}`; some tables call it otherwise.
  private static func name(of value: JSONValue) -> String? {
    let candidates = [
      value["name"], value["interface-name"], value["q_origin_key"], value["id"],
      value["macaddr"], value["address"], value["category"], value["range"], value["level"],
    ]
    return candidates.lazy.compactMap { $0?.scalarText }.first { !$0.isEmpty }
  }

  /// The values of a setting whose values never hold blanks: `10.0.0.0 255.0.0.0` is two.
  func values(_ name: String) -> [String] {
    names(name).flatMap { $0.split(separator: " ").map(String.init) }
  }

  /// The first value of a setting; nil where it is absent or empty.
  func word(_ name: String) -> String? { names(name).first }

  /// A switch: nil where it is neither on nor off. FortiManager writes 1 and 0.
  ///
  /// - Parameter standard: what it is where it is not written, as in text that leaves defaults out.
  func flag(_ name: String, or standard: Bool = false) -> Bool? {
    let wasRead = read.contains(name)
    switch word(name) {
    case "enable", "1": return true
    case "disable", "0": return false
    case nil where !has(name) || read.contains(name): return standard
    default:
      if !wasRead { read.remove(name) }
      return nil
    }
  }

  /// Whether a switch is on; what is neither on nor off stays unread, and so a doubt.
  func isOn(_ name: String) -> Bool { flag(name) ?? false }

  /// Whether a switch is off; an absent one is neither on nor off.
  func isOff(_ name: String) -> Bool { flag(name, or: true) == false }

  /// The entries of a table inside the entry (`config entries`).
  func list(_ name: String) -> [FortiEntry] {
    switch body {
    case .json(let value):
      guard let member = value.member(name) else { return [] }
      if member.isArray, member.elements.allSatisfy(\.isObject) { read.insert(name) }
      return member.elements.filter(\.isObject).map { FortiEntry(body: .json($0), file: file) }
    case .text(let block):
      let blocks = block.blocks.filter { $0.name == name }
      // Statements between the entries are no entries: they stay a doubt.
      if blocks.allSatisfy({ $0.settings.isEmpty && $0.strange.isEmpty }) { read.insert(name) }
      return blocks.flatMap(\.entries).map { FortiEntry(body: .text($0), file: file) }
    }
  }

  /// A group of settings inside the entry (`config https`).
  func object(_ name: String) -> FortiEntry? {
    if let known = inner[name] { return known }
    let found = group(name)
    inner[name] = found
    return found
  }

  private func group(_ name: String) -> FortiEntry? {
    switch body {
    case .json(let value):
      guard let member = value.member(name), member.isObject else { return nil }
      read.insert(name)
      return FortiEntry(body: .json(member), file: file)
    case .text(let block):
      read.insert(name)
      return block.blocks.last { $0.name == name }
        .map { FortiEntry(body: .text($0), file: file) }
    }
  }

  /// Whether words are written as numbers, as FortiManager does without `verbose`.
  func isNumber(_ name: String) -> Bool {
    if case .json(let value) = body { return value.member(name)?.kind == .number }
    return false
  }

  /// The JSON object itself; nil for text.
  var json: JSONValue? {
    if case .json(let value) = body { value } else { nil }
  }

  // MARK: What is left

  /// The settings that were neither read nor listed as irrelevant and say something.
  func unread(ignoring irrelevant: IrrelevantMembers) -> [String] {
    func isLeft(_ name: String) -> Bool { !read.contains(name) && !irrelevant.contains(name) }
    switch body {
    case .json(let value):
      return value.members.filter { name, member in
        isLeft(name) && (member.count > 0 || member.scalarText.map { !$0.isEmpty } ?? false)
      }.map(\.key)
    case .text(let block):
      var names: [String] = []
      for name in block.settings.map(\.name) + block.blocks.map(\.name)
      where isLeft(name) && !names.contains(name) { names.append(name) }
      return names + block.strange.map { "line \($0.line)" }
    }
  }

  /// One condition for what is left; nil where nothing is.
  func leftOver(
    _ what: String, _ draft: PolicyDraft, ignoring irrelevant: IrrelevantMembers
  ) -> Condition? {
    let names = unread(ignoring: irrelevant)
    guard !names.isEmpty else { return nil }
    let shown = names.prefix(4).map { "`\($0)`" }.joined(separator: ", ")
    return draft.doubt(
      .unmodelled,
      "\(what) has \(shown)\(names.count > 4 ? " and \(names.count - 4) more" : ""), which is not "
        + "understood and may change what it matches or does", at: position)
  }
}

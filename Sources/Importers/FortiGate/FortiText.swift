import ImportKit

/// One `config` block or `edit` entry of FortiOS configuration text.
struct FortiBlock {
  struct Setting {
    let name: String
    var words: [String]
  }

  /// The path of a `config` block (`firewall policy`), or the key of an `edit` entry.
  let name: String
  let line: Int
  var settings: [Setting] = []
  /// What `edit` opens inside.
  var entries: [FortiBlock] = []
  /// What `config` opens inside.
  var blocks: [FortiBlock] = []
  /// Lines that are no statements of a backup: their words, with where they stand.
  var strange: [(text: String, line: Int)] = []

  /// Adds an entry; one that is edited again goes on where it stands.
  mutating func add(entry: FortiBlock) {
    guard let index = entries.firstIndex(where: { $0.name == entry.name }) else {
      entries.append(entry)
      return
    }
    entries[index].settings += entry.settings
    entries[index].entries += entry.entries
    entries[index].blocks += entry.blocks
    entries[index].strange += entry.strange
  }

  /// `move 2 before 1` of a script; false where the entries are not there.
  mutating func move(_ words: [String]) -> Bool {
    guard words.count == 3, ["before", "after"].contains(words[1]), words[0] != words[2],
      let from = entries.firstIndex(where: { $0.name == words[0] }),
      entries.contains(where: { $0.name == words[2] })
    else { return false }
    let entry = entries.remove(at: from)
    guard let target = entries.firstIndex(where: { $0.name == words[2] }) else { return false }
    entries.insert(entry, at: words[1] == "before" ? target : target + 1)
    return true
  }

  /// `delete 2` of a script; false where the entry is not there.
  mutating func delete(_ words: [String]) -> Bool {
    guard words.count == 1, let index = entries.firstIndex(where: { $0.name == words[0] }) else {
      return false
    }
    entries.remove(at: index)
    return true
  }

  /// The words of the last `set` of that name.
  func words(_ name: String) -> [String]? { settings.last { $0.name == name }?.words }
}

/// Reads `config … edit … set … next … end` text: a backup, or what `show` prints.
///
/// Only blocks that an importer asks for are kept, so that places of secrets (administrators,
/// VPN, users, certificates) are never stored.
struct FortiText {
  /// A top-level `config` block with the VDOM in which it stands; nil outside of any.
  struct Section {
    let vdom: String?
    let block: FortiBlock
  }

  /// A table that no release of FortiOS is known to have.
  struct UnknownTable {
    let vdom: String?
    let name: String
    let line: Int
  }

  private(set) var sections: [Section] = []
  private(set) var unknownTables: [UnknownTable] = []
  /// VDOMs in the order in which they are named.
  private(set) var vdoms: [String] = []
  /// `FGT60F-7.2.4-FW-build1396`, from the first line of a backup.
  private(set) var version = ""
  /// The VDOM of a backup that holds one of several, from its head.
  private(set) var ownVDOM: String?
  /// Whether anything at all was a FortiOS statement.
  private(set) var isRecognised = false

  /// No product nests `config` blocks nearly as deep.
  private static let depthLimit = 32

  /// Where the text ends although blocks are open, or nests beyond reason.
  struct Failure: Error {
    let line: Int
    let reason: String
    let isTooDeep: Bool
  }

  init(_ text: ArraySlice<UInt8>, keeping wanted: Set<String>) throws(Failure) {
    var reader = FortiStatementReader(text)
    var open: [FortiBlock] = []
    var isEntry: [Bool] = []
    var skipped = 0
    var container: Container?

    func isTable(_ open: [FortiBlock], _ isEntry: [Bool]) -> Bool {
      skipped == 0 && isEntry.last == false
    }
    func note(_ statement: FortiStatementReader.Statement) {
      open[open.count - 1].strange.append(
        (statement.words.prefix(3).joined(separator: " "), statement.line))
    }
    func close() {
      let block = open.removeLast()
      let wasEntry = isEntry.removeLast()
      if open.isEmpty {
        sections.append(Section(vdom: container?.vdom, block: block))
      } else if wasEntry {
        open[open.count - 1].add(entry: block)
      } else {
        open[open.count - 1].blocks.append(block)
      }
    }

    while let statement = reader.next() {
      if let comment = statement.comment {
        if version.isEmpty, let header = Self.version(inComment: comment) {
          version = header
          isRecognised = true
        }
        // `#global_vdom=0:vd_name=branch/branch` stands in the backup of a single VDOM.
        if let start = comment.firstRange(of: "vd_name=") {
          let name = comment[start.upperBound...].prefix { $0 != "/" && !$0.isWhitespace }
          if !name.isEmpty { ownVDOM = String(name) }
        }
        continue
      }
      var words = statement.words[...]
      // A line copied from a terminal starts with the prompt: `FGT60F (root) # config …`.
      if let prompt = words.firstIndex(of: "#"), prompt <= 2 { words = words[(prompt + 1)...] }
      guard let command = words.first else { continue }
      let arguments = words.dropFirst()
      guard open.count + skipped < Self.depthLimit else {
        throw Failure(line: statement.line, reason: "blocks nested too deep", isTooDeep: true)
      }
      switch command {
      case "config":
        let name = arguments.joined(separator: " ")
        if skipped > 0 {
          skipped += 1
        } else if open.isEmpty, name == "vdom" || name == "global" {
          container = Container(isGlobal: name == "global")
          isRecognised = true
        } else if open.isEmpty, !wanted.contains(name) {
          isRecognised = true
          skipped = 1
          if !FortiTableNames.isKnown(name) {
            unknownTables.append(
              UnknownTable(vdom: container?.vdom, name: name, line: statement.line))
          }
        } else {
          open.append(FortiBlock(name: name, line: statement.line))
          isEntry.append(false)
          isRecognised = true
        }
      case "edit" where skipped == 0:
        let key = arguments.first ?? ""
        if open.isEmpty {
          guard container?.isGlobal == false else {
            throw Failure(
              line: statement.line, reason: "`edit` stands outside of a `config` block",
              isTooDeep: false)
          }
          container?.vdom = key
          if !vdoms.contains(key) { vdoms.append(key) }
        } else {
          // A missing `next` before another `edit` closes the entry before it.
          if isEntry.last == true { close() }
          open.append(FortiBlock(name: key, line: statement.line))
          isEntry.append(true)
        }
      case "next" where skipped == 0:
        if isEntry.last == true { close() } else if open.isEmpty { container?.vdom = nil }
      case "end":
        if skipped > 0 {
          skipped -= 1
        } else if open.isEmpty {
          container = nil
        } else {
          if isEntry.last == true { close() }
          close()
        }
      case "set" where skipped == 0 && open.isEmpty:
        throw Failure(
          line: statement.line, reason: "`set` stands outside of a `config` block",
          isTooDeep: false)
      case "set" where skipped == 0 && !open.isEmpty:
        guard let name = arguments.first else { continue }
        open[open.count - 1].settings.append(
          FortiBlock.Setting(name: name, words: Array(arguments.dropFirst())))
      case "append" where skipped == 0 && !open.isEmpty:
        guard let name = arguments.first else { continue }
        let last = open.count - 1
        if let index = open[last].settings.lastIndex(where: { $0.name == name }) {
          open[last].settings[index].words += arguments.dropFirst()
        } else {
          open[last].settings.append(
            FortiBlock.Setting(name: name, words: Array(arguments.dropFirst())))
        }
      case "unset" where skipped == 0 && !open.isEmpty:
        guard let name = arguments.first else { continue }
        open[open.count - 1].settings.removeAll { $0.name == name }
      case "move" where isTable(open, isEntry):
        if !open[open.count - 1].move(Array(arguments)) { note(statement) }
      case "delete" where isTable(open, isEntry):
        if !open[open.count - 1].delete(Array(arguments)) { note(statement) }
      case "purge" where isTable(open, isEntry): open[open.count - 1].entries = []
      default: if skipped == 0, !open.isEmpty { note(statement) }
      }
    }
    if let unfinished = open.first {
      throw Failure(
        line: reader.line,
        reason: "the text ends inside `config \(unfinished.name)` of line \(unfinished.line)",
        isTooDeep: false)
    }
    if reader.endsInsideQuotes || skipped > 0 {
      throw Failure(line: reader.line, reason: "the text ends inside a block", isTooDeep: false)
    }
  }

  /// `config vdom` or `config global`, inside of which blocks count as top-level ones.
  private struct Container {
    let isGlobal: Bool
    var vdom: String?
  }

  /// `7.2.4` from `#config-version=FGT60F-7.2.4-FW-build1396-230131:opmode=0:…`.
  private static func version(inComment text: String) -> String? {
    guard let start = text.firstRange(of: "config-version=") else { return nil }
    let parts = text[start.upperBound...].prefix { $0 != ":" }.split(separator: "-")
    return parts.first { part in
      part.contains(".") && part.allSatisfy { $0.isNumber || $0 == "." }
    }.map(String.init) ?? ""
  }
}

/// Cuts FortiOS text into statements. Quoted words may run over several lines and escape with a
/// backslash.
struct FortiStatementReader {
  struct Statement {
    let line: Int
    var words: [String] = []
    /// Set for a line that starts with `#`.
    var comment: String?
  }

  private let text: ArraySlice<UInt8>
  private var index: Int
  private(set) var line = 1
  private(set) var endsInsideQuotes = false

  init(_ text: ArraySlice<UInt8>) {
    self.text = text
    index = text.startIndex
  }

  mutating func next() -> Statement? {
    while index < text.endIndex {
      let statement = readLine()
      if statement.comment != nil || !statement.words.isEmpty { return statement }
    }
    return nil
  }

  private mutating func readLine() -> Statement {
    var statement = Statement(line: line)
    var word: [UInt8] = []
    var hasWord = false
    var quoted = false
    if let first = firstVisible(), text[first] == 0x23, !isPrompt(first) {
      let end = text[first...].firstIndex(of: 0x0A) ?? text.endIndex
      statement.comment = String(decoding: text[first..<end], as: UTF8.self)
      index = Swift.min(end + 1, text.endIndex)
      line += 1
      return statement
    }
    while index < text.endIndex {
      let byte = text[index]
      index += 1
      if byte == 0x0A { line += 1 }
      switch byte {
      case 0x5C where index < text.endIndex:
        // A backslash escapes the next character inside and outside of quotes.
        if text[index] == 0x0A { line += 1 }
        if quoted || text[index] != 0x0A { word.append(text[index]) }
        hasWord = true
        index += 1
      case 0x22:
        quoted.toggle()
        hasWord = true
      case 0x0A where !quoted:
        if hasWord { statement.words.append(ScalarText.separated(decoding: word)) }
        return statement
      case 0x20, 0x09, 0x0D:
        if quoted {
          word.append(byte)
        } else if hasWord {
          statement.words.append(ScalarText.separated(decoding: word))
          word.removeAll(keepingCapacity: true)
          hasWord = false
        }
      default:
        word.append(byte)
        hasWord = true
      }
    }
    endsInsideQuotes = quoted
    if hasWord { statement.words.append(ScalarText.separated(decoding: word)) }
    return statement
  }

  private func firstVisible() -> Int? {
    let first = text[index...].firstIndex { $0 != 0x20 && $0 != 0x09 }
    return first.flatMap { text[$0] == 0x0A ? nil : $0 }
  }

  /// A prompt without a host name (`# config …`) is no comment.
  private func isPrompt(_ first: Int) -> Bool {
    text[first...].starts(with: "# config ".utf8)
  }
}

import ImportKit

/// Reads firewall settings from the registry: `registry.pol` of a group policy object, `.reg` files,
/// the output of `reg query`, and bare values of `FirewallRules`.
///
/// Sources: [MS-GPREG] 2.2.1, "Registry Policy Message Syntax" (registry.pol); [MS-GPFAS] 2.2.2 (keys
/// and values of the firewall). A binary file has no lines: positions count its entries.
struct WFRegistryReader {
  private(set) var configuration = WFConfiguration()
  private let file: Int
  private var settings: [WFProfile: WFProfileSettings] = [:]
  /// Of the computer itself, which policies override.
  private var localSettings: [WFProfile: WFProfileSettings] = [:]
  /// Whether any key or value of the firewall was seen.
  private(set) var foundAnything = false

  init(file: Int) { self.file = file }

  // MARK: Values

  private mutating func take(
    key: String, name: String, text: String?, number: Int?, at position: SourcePosition
  ) {
    let path = key.lowercased()
    // A deletion, as registry.pol writes it.
    guard !name.hasPrefix("**") else { return }
    let isPolicy = path.contains("policies\\microsoft\\windowsfirewall")
    let isStore = path.contains("sharedaccess\\parameters\\firewallpolicy")
    guard isPolicy || isStore else {
      misplaced(name: name, text: text, at: position)
      return
    }
    foundAnything = true
    if isStore { configuration.store = .local }
    let last = path.split(separator: "\\").last.map(String.init) ?? ""
    if last == "firewallrules" {
      if let text { add(text, id: name, isLocal: isStore, at: position) }
      return
    }
    let profile: WFProfile
    switch last {
    case "domainprofile": profile = .domain
    case "privateprofile": profile = .private
    case "publicprofile": profile = .public
    // In the store of the service the private profile has its old name. In a policy the name
    // belongs to Windows XP, and newer versions have their own.
    case "standardprofile" where isStore: profile = .private
    default: return
    }
    var known = (isStore ? localSettings : settings)[profile] ?? WFProfileSettings()
    let doubts = configuration.doubts
    func doubt(_ what: String) -> Condition? {
      guard number == nil else { return nil }
      return doubts.doubt(
        .notInForce, "the value of \(name) in the profile \(profile.rawValue) decides \(what)",
        at: position)
    }
    switch name.lowercased() {
    case "enablefirewall":
      known.enabled = number.map { $0 != 0 }
      known.enabledDoubt = doubt("whether the firewall is on")
    case "defaultoutboundaction": known.blocksOutbound = number.map { $0 != 0 }
    case "allowlocalpolicymerge":
      known.mergesLocalRules = number.map { $0 != 0 }
      known.mergeDoubt = doubt("whether rules made on the computer are merged")
    default: return
    }
    known.position = known.position ?? position
    if isStore { localSettings[profile] = known } else { settings[profile] = known }
  }

  private mutating func add(
    _ text: String, id: String?, isLocal: Bool?, at position: SourcePosition
  ) {
    foundAnything = true
    var rule = WFRuleText.rule(text, id: id, position: position, doubts: configuration.doubts)
    rule.isLocal = isLocal
    configuration.add(rule)
  }

  /// What has the name or form of a firewall setting and stands under another key: a copy that Windows
  /// does not read, or a key whose name went wrong.
  private mutating func misplaced(name: String, text: String?, at position: SourcePosition) {
    let words = "`\(name)` stands under a key that is none of the firewall's"
    if let text, text.hasPrefix("v2."), text.contains("|Action=") {
      var rule = WFRuleText.rule(text, id: name, position: position, doubts: configuration.doubts)
      rule.conditions.append(configuration.doubts.doubt(.notInForce, words, at: position))
      configuration.add(rule)
    } else if ["enablefirewall", "defaultoutboundaction", "allowlocalpolicymerge"]
      .contains(name.lowercased())
    {
      let doubt = configuration.doubts.doubt(.notInForce, words, at: position)
      for profile in WFProfile.allCases {
        settings[profile, default: WFProfileSettings()].enabledDoubt = doubt
        settings[profile, default: WFProfileSettings()].mergeDoubt = doubt
      }
    }
  }

  private mutating func finish() {
    for (profile, value) in settings { configuration.set(profile, value) }
    configuration.localProfiles = localSettings
  }

  // MARK: registry.pol

  static func isPolicyFile(_ bytes: [UInt8]) -> Bool { bytes.starts(with: Array("PReg".utf8)) }

  /// `[key;value;type;size;data]`, texts in UTF-16 with a zero at the end. Returns nil where all was
  /// read, else what is wrong.
  mutating func read(policy bytes: [UInt8]) -> String? {
    var index = 8
    var ordinal = 0
    func unit(_ at: Int) -> UInt16? {
      at + 1 < bytes.count ? UInt16(bytes[at]) | UInt16(bytes[at + 1]) << 8 : nil
    }
    func text() -> String? {
      var units: [UInt16] = []
      while let value = unit(index) {
        index += 2
        if value == 0 { return ScalarText.separated(String(decoding: units, as: UTF16.self)) }
        units.append(value)
      }
      return nil
    }
    func number() -> Int? {
      guard index + 4 <= bytes.count else { return nil }
      defer { index += 4 }
      return (0..<4).reduce(0) { $0 | Int(bytes[index + $1]) << (8 * $1) }
    }
    func skip(_ character: Character) -> Bool {
      guard let value = unit(index), value == UInt16(character.asciiValue ?? 0) else {
        return false
      }
      index += 2
      return true
    }
    while index < bytes.count {
      ordinal += 1
      guard skip("["), let key = text(), skip(";"), let name = text(), skip(";"),
        let type = number(), skip(";"), let size = number(), skip(";"), size <= bytes.count - index
      else { return "entry \(ordinal) is cut or not in the form of a registry policy" }
      let data = Array(bytes[index..<index + size])
      index += size
      guard skip("]") else { return "entry \(ordinal) does not end" }
      let position = SourcePosition(file: file, line: ordinal)
      switch type {
      case 1, 2:
        take(key: key, name: name, text: Self.text(utf16: data), number: nil, at: position)
      case 4 where size == 4:
        let value = (0..<4).reduce(0) { $0 | Int(data[$1]) << (8 * $1) }
        take(key: key, name: name, text: nil, number: value, at: position)
      default: break
      }
    }
    finish()
    return nil
  }

  private static func text(utf16 data: [UInt8]) -> String {
    var units: [UInt16] = []
    var index = 0
    while index + 1 < data.count {
      let value = UInt16(data[index]) | UInt16(data[index + 1]) << 8
      if value == 0 { break }
      units.append(value)
      index += 2
    }
    return ScalarText.separated(String(decoding: units, as: UTF16.self))
  }

  // MARK: Text

  /// Whether some line is a registry key or a rule of the firewall.
  static func recognises(_ lines: [Substring]) -> Bool {
    lines.contains { line in
      let text = line.lowercased()
      return rulePart(of: line) != nil
        || (text.hasPrefix("[hkey_") || text.hasPrefix("hkey_"))
          && (text.contains("windowsfirewall") || text.contains("firewallpolicy"))
    }
  }

  /// The part of a line that is a rule: from its version on.
  private static func rulePart(of line: Substring) -> Substring? {
    guard line.contains("|Action="), line.contains("|Dir=") else { return nil }
    guard let bar = line.firstIndex(of: "|") else { return nil }
    let head = line[..<bar]
    let start = head.lastIndex { $0 == "\"" || $0 == " " || $0 == "\t" || $0 == "=" }
    return line[(start.map { line.index(after: $0) } ?? line.startIndex)...]
  }

  mutating func read(_ lines: [Substring]) {
    var key = ""
    var pending = ""
    var start = 0
    for (index, raw) in lines.enumerated() {
      let line = raw.drop { $0 == " " || $0 == "\t" }
      if pending.isEmpty { start = index + 1 }
      // Long binary values go on behind a backslash.
      if line.hasSuffix("\\"), !line.hasPrefix("[") {
        pending += line.dropLast()
        continue
      }
      let whole = pending + line
      pending = ""
      let position = SourcePosition(file: file, line: start)
      if whole.hasPrefix("[") {
        key = String(whole.dropFirst().prefix { $0 != "]" })
      } else if whole.uppercased().hasPrefix("HKEY_") {
        key = whole
      } else if whole.hasPrefix("\"") {
        value(whole, key: key, at: position)
      } else {
        queried(whole[...], key: key, at: position)
      }
    }
    finish()
  }

  /// `"name"="text"` or `"name"=dword:00000001`, as in a `.reg` file.
  private mutating func value(_ line: String, key: String, at position: SourcePosition) {
    let (name, rest) = Self.quoted(line[...])
    guard rest.hasPrefix("=") else { return }
    let data = rest.dropFirst()
    if data.hasPrefix("\"") {
      take(key: key, name: name, text: Self.quoted(data).0, number: nil, at: position)
    } else if data.hasPrefix("dword:") {
      take(
        key: key, name: name, text: nil, number: Int(data.dropFirst(6), radix: 16), at: position)
    } else if data.hasPrefix("hex("), let colon = data.firstIndex(of: ":") {
      let bytes = data[data.index(after: colon)...].split(separator: ",").compactMap {
        UInt8($0.filter { $0 != " " }, radix: 16)
      }
      take(key: key, name: name, text: Self.text(utf16: bytes), number: nil, at: position)
    }
  }

  /// A text in quotes, in which a backslash takes the next character; and what follows it.
  private static func quoted(_ line: Substring) -> (String, Substring) {
    var result = ""
    var index = line.index(after: line.startIndex)
    while index < line.endIndex, line[index] != "\"" {
      if line[index] == "\\", line.index(after: index) < line.endIndex {
        index = line.index(after: index)
      }
      result.append(line[index])
      index = line.index(after: index)
    }
    return (result, index < line.endIndex ? line[line.index(after: index)...] : "")
  }

  /// `name    REG_SZ    v2.31|…` and `EnableFirewall    REG_DWORD    0x1`, or a rule alone.
  private mutating func queried(_ line: Substring, key: String, at position: SourcePosition) {
    for (kind, isText) in [("REG_SZ", true), ("REG_EXPAND_SZ", true), ("REG_DWORD", false)] {
      guard let range = line.firstRange(of: kind) else { continue }
      let name = String(line[..<range.lowerBound].reversed().drop { $0.isWhitespace }.reversed())
      let data = line[range.upperBound...].drop { $0.isWhitespace }
      if isText {
        take(key: key, name: name, text: String(data), number: nil, at: position)
      } else {
        let digits = data.dropFirst(data.hasPrefix("0x") ? 2 : 0)
        take(key: key, name: name, text: nil, number: Int(digits, radix: 16), at: position)
      }
      return
    }
    if let rule = Self.rulePart(of: line) { add(String(rule), id: nil, isLocal: nil, at: position) }
  }
}

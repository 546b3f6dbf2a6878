import ImportKit

/// The tables of a set of exports by VDOM or policy package, wherever they were written.
struct FortiTables {
  /// What a document turned out to be.
  enum Finding: Equatable {
    case tables
    /// Counters of policies instead of policies.
    case monitor
    /// An answer of the device that says why there is nothing.
    case failure(String)
    case nothing
  }

  struct Key: Hashable {
    /// Nil for what is shared by all scopes, or does not say to which it belongs.
    let scope: String?
    let table: String
  }

  private(set) var entries: [Key: [FortiEntry]] = [:]
  /// Scopes in the order in which they appear.
  private(set) var scopes: [String] = []
  private(set) var version = ""
  /// What was noted while collecting; every policy of the export tells it.
  let doubts = Doubts()
  /// Tables with statements between their entries that are not understood.
  private(set) var strangeTables: [Key: (text: String, position: SourcePosition)] = [:]
  /// Tables that no release is known to have, by scope.
  private(set) var unknownTables: [(scope: String?, name: String, position: SourcePosition)] = []
  /// Tables of which the export holds a part only, with where it ends.
  private(set) var cutTables: [Key: SourcePosition] = [:]
  /// Tables that came without an envelope, so that nothing says whether they are whole.
  private(set) var bareTables: [Key: SourcePosition] = [:]
  /// Whether a FortiManager wrote any of it.
  private(set) var isManager = false
  private(set) var findings: [Finding] = []
  var file = 0

  /// The tables that are read. Others are passed over, among them all with secrets.
  static let known: Set<String> = [
    "firewall policy", "firewall policy6", "firewall consolidated policy",
    "firewall security-policy", "firewall address", "firewall address6", "firewall addrgrp",
    "firewall addrgrp6", "firewall wildcard-fqdn custom", "firewall wildcard-fqdn group",
    "firewall vip", "firewall vip6", "firewall vipgrp", "firewall vipgrp6",
    "firewall service custom", "firewall service group", "firewall schedule recurring",
    "firewall schedule onetime", "firewall schedule group", "firewall internet-service-name",
    "firewall internet-service-group", "firewall internet-service-custom",
    "firewall internet-service-custom-group", "firewall ssl-ssh-profile",
    "firewall profile-group", "firewall acl", "firewall acl6", "firewall local-in-policy",
    "firewall local-in-policy6", "firewall central-snat-map", "firewall proxy-policy",
    "firewall DoS-policy", "firewall DoS-policy6", "webfilter profile", "webfilter urlfilter",
    "webfilter ftgd-local-rating", "dnsfilter profile", "dnsfilter domain-filter",
    "application list", "application group", "system interface", "system zone", "system sdwan",
    "system virtual-wan-link", "system settings", "system global", "system external-resource",
    "router static", "router policy", "dynamic interface", "webfilter ftgd-local-cat",
    "user security-exempt-list", "firewall interface-policy", "firewall interface-policy6",
    "global header policy",
    "global footer policy",
  ]

  static let policyTables = [
    "firewall policy", "firewall policy6", "firewall consolidated policy",
    "firewall security-policy", "global header policy", "global footer policy",
  ]

  var isEmpty: Bool { entries.isEmpty }

  /// Whether any table of policies is there, if only an empty one.
  var holdsPolicy: Bool { entries.keys.contains { Self.policyTables.contains($0.table) } }

  /// Entries of a scope, then the shared ones.
  func table(_ name: String, in scope: String?) -> [FortiEntry] {
    let own = scope == nil ? [] : entries[Key(scope: scope, table: name)] ?? []
    return own + (entries[Key(scope: nil, table: name)] ?? [])
  }

  func has(_ name: String, in scope: String?) -> Bool {
    entries[Key(scope: scope, table: name)] != nil || entries[Key(scope: nil, table: name)] != nil
  }

  private mutating func add(_ rows: [FortiEntry], to table: String, scope: String?) {
    entries[Key(scope: scope, table: table), default: []] += rows
    if let scope, !scopes.contains(scope) { scopes.append(scope) }
  }

  // MARK: Configuration text

  mutating func collect(_ text: FortiText) {
    if !text.version.isEmpty { version = text.version }
    for vdom in text.vdoms where !scopes.contains(vdom) { scopes.append(vdom) }
    // Without VDOMs everything is in `root`; with them only global sections stand outside of one.
    let outside = text.vdoms.isEmpty ? text.ownVDOM ?? "root" : nil
    for section in text.sections {
      let scope = section.vdom ?? outside
      let isShared = section.block.name == "system global"
      let isSingle = Self.singletons.contains(section.block.name)
      let rows = isSingle ? [section.block] : section.block.entries
      if !isSingle, let line = Self.strangeLine(section.block) {
        strangeTables[Key(scope: isShared ? nil : scope, table: section.block.name)] = (
          line.text, SourcePosition(file: file, line: line.line)
        )
      }
      add(
        rows.map { FortiEntry(body: .text($0), file: file) }, to: section.block.name,
        scope: isShared ? nil : scope)
    }
    unknownTables += text.unknownTables.map { table in
      (
        scope: table.vdom ?? outside, name: table.name,
        position: SourcePosition(file: file, line: table.line)
      )
    }
    findings.append(text.isRecognised ? .tables : .nothing)
  }

  /// The first statement of a table that belongs to no entry.
  private static func strangeLine(_ block: FortiBlock) -> (text: String, line: Int)? {
    if let line = block.strange.first { return line }
    if let setting = block.settings.first { return ("set \(setting.name)", block.line) }
    return block.blocks.first.map { ("config \($0.name)", $0.line) }
  }

  /// Tables that are one group of settings instead of a list.
  private static let singletons: Set<String> = [
    "system settings", "system global", "system sdwan", "system virtual-wan-link",
  ]

  // MARK: JSON

  mutating func collect(_ value: JSONValue, depth: Int = 0) {
    guard depth < 8 else { return }
    if value.isArray {
      collect(array: value, depth: depth)
    } else if value["result"] != nil {
      collect(manager: value)
    } else if value["results"] != nil || value["http_status"] != nil || value["http_method"] != nil
    {
      collect(envelope: value)
    } else if let inner = value["body"] ?? value["response"], inner.isObject || inner.isArray {
      collect(inner, depth: depth + 1)
    } else {
      findings.append(.nothing)
    }
  }

  private mutating func collect(array: JSONValue, depth: Int) {
    guard let first = array.elements.first(where: { _ in true }) else {
      findings.append(.nothing)
      return
    }
    let isEnvelope =
      first["results"] != nil || first["result"] != nil || first["http_method"] != nil
      || first["http_status"] != nil
    if isEnvelope {
      for element in array.elements { collect(element, depth: depth + 1) }
      return
    }
    collect(rows: array, table: nil, scope: nil)
  }

  /// An answer of the REST API: `{"path": "firewall", "name": "policy", "vdom": …, "results": …}`.
  private mutating func collect(envelope: JSONValue) {
    if let text = envelope["version"]?.string, version.isEmpty {
      version = text.hasPrefix("v") ? String(text.dropFirst()) : text
    }
    let scope = envelope["vdom"]?.string.flatMap { $0.isEmpty || $0 == "global" ? nil : $0 }
    guard let results = envelope["results"], results.isArray || results.isObject else {
      let status = envelope["http_status"]?.scalarText ?? envelope["status"]?.scalarText ?? ""
      findings.append(
        .failure(
          "the FortiGate answered with \(status.isEmpty ? "no results" : "status \(status)")"))
      return
    }
    var table: String?
    if let path = envelope["path"]?.string, let name = envelope["name"]?.string {
      let dotted = "\(path) \(name)".split(separator: ".").joined(separator: " ")
      table = dotted
    }
    let isMonitor = Self.looksLikeCounters(results)
    if isMonitor {
      findings.append(.monitor)
      return
    }
    collect(rows: results, table: table, scope: scope)
    let count = results.isArray ? results.count : 1
    let total = envelope["matched_count"]?.int ?? count
    if let table, envelope["limit_reached"]?.bool == true || total > count {
      let key = Key(scope: scope, table: table)
      cutTables[key] = SourcePosition(
        file: file, line: results.line, pointer: results.pointer)
    }
  }

  /// An answer of FortiManager: `{"result": [{"url": …, "status": {"code": 0}, "data": …}]}`.
  private mutating func collect(manager: JSONValue) {
    guard let list = manager["result"], list.isArray || list.isObject else {
      findings.append(.nothing)
      return
    }
    isManager = true
    for result in list.isArray ? Array(list.elements) : [list] {
      if let code = result["status"]?["code"]?.int, code != 0 {
        let message = result["status"]?["message"]?.string ?? ""
        findings.append(.failure("FortiManager answered with code \(code) (\(message))"))
        continue
      }
      guard let data = result["data"], data.isArray || data.isObject else {
        findings.append(.nothing)
        continue
      }
      let place = result["url"]?.string.flatMap { Self.place(ofURL: $0) }
      if place == nil, result["url"]?.string != nil {
        findings.append(.nothing)
        continue
      }
      collect(rows: data, table: place?.table, scope: place?.scope)
    }
  }

  /// Table and scope that an URL of FortiManager names: a policy package, the objects of an
  /// administrative domain (shared), or a VDOM of a device.
  static func place(ofURL url: String) -> (table: String, scope: String?)? {
    let parts = url.split(separator: "/").map(String.init)
    func known(_ words: ArraySlice<String>) -> (String, Int)? {
      for count in stride(from: min(words.count, 4), through: 1, by: -1) {
        let name = words.prefix(count).joined(separator: " ")
        if Self.known.contains(name) { return (name, count) }
      }
      return nil
    }
    if let start = parts.firstIndex(of: "pkg") {
      // Packages may lie in folders, so the table is looked for behind ever more of the path.
      for index in parts.indices where index > start + 1 {
        if let (table, _) = known(parts[index...]) {
          return (table, parts[(start + 1)..<index].joined(separator: "/"))
        }
      }
    }
    if let start = parts.firstIndex(of: "obj"), let (table, _) = known(parts[(start + 1)...]) {
      return (table, nil)
    }
    if let start = parts.firstIndex(of: "vdom"), start + 2 < parts.count,
      let (table, _) = known(parts[(start + 2)...])
    {
      return (table, parts[start + 1])
    }
    if let start = parts.firstIndex(of: "global"), let (table, _) = known(parts[(start + 1)...]) {
      return (table, nil)
    }
    return nil
  }

  private mutating func collect(rows: JSONValue, table named: String?, scope: String?) {
    let list = rows.isArray ? Array(rows.elements) : [rows]
    if named == nil, Self.looksLikeCounters(rows) {
      findings.append(.monitor)
      return
    }
    guard let table = named ?? Self.table(ofRows: list) else {
      findings.append(.nothing)
      return
    }
    guard Self.known.contains(table) else {
      let position = JSONItem(rows, file: file).position
      if FortiTableNames.isKnown(table) {
        doubts.note(
          .reading, "table `\(table)` is not needed and was passed over", at: position)
      } else {
        unknownTables.append((scope, table, position))
      }
      findings.append(.tables)
      return
    }
    findings.append(.tables)
    let objects = list.filter(\.isObject)
    if named == nil {
      bareTables[Key(scope: scope, table: table)] = SourcePosition(
        file: file, line: rows.line, pointer: rows.pointer)
    }
    add(objects.map { FortiEntry(body: .json($0), file: file) }, to: table, scope: scope)
    for row in objects { collectEmbedded(row) }
  }

  /// Definitions that FortiManager writes inside of policies when asked to (`expand datasrc`).
  private mutating func collectEmbedded(_ row: JSONValue) {
    guard isManager else { return }
    // FortiManager 7.6 with `get referred object map`. Source:
    // github.com/jpforcioli/github_howto_jsonrpc_api, 008_policy_package_management.rst.
    for (name, list) in row["referred object map"]?.members ?? [] where list.isArray {
      let table = name.split(separator: "/").joined(separator: " ")
      guard Self.known.contains(table) else { continue }
      add(
        list.elements.filter(\.isObject).map { FortiEntry(body: .json($0), file: file) },
        to: table, scope: nil)
    }
    for (_, member) in row.members where member.isArray {
      for element in member.elements {
        guard let type = element["obj type"]?.string, Self.known.contains(type) else { continue }
        add([FortiEntry(body: .json(element), file: file)], to: type, scope: nil)
      }
    }
  }

  /// The table that rows without an envelope belong to, told from their members.
  private static func table(ofRows rows: [JSONValue]) -> String? {
    guard let row = rows.first(where: \.isObject) else { return nil }
    func has(_ names: StaticString...) -> Bool { names.allSatisfy { row[$0] != nil } }
    if has("policyid"), has("srcintf") || has("dstintf") || has("action") || has("srcaddr") {
      return has("url-category", "enforce-default-app-port")
        ? "firewall security-policy"
        : "firewall policy"
    }
    // Objects carry no word for their kind; these members are FortiOS's own.
    guard has("q_origin_key") || has("obj seq") || has("dynamic_mapping") || has("oid") else {
      return nil
    }
    if has("member") {
      if has("exclude") || has("exclude-member") || has("allow-routing") {
        return "firewall addrgrp"
      }
      return has("proxy") ? "firewall service group" : nil
    }
    if has("tcp-portrange") || has("udp-portrange") { return "firewall service custom" }
    if has("subnet") || has("fqdn") || has("start-ip") { return "firewall address" }
    if has("ip6") { return "firewall address6" }
    if has("day", "start", "end") { return "firewall schedule recurring" }
    if has("ftgd-wf") { return "webfilter profile" }
    if has("ssl-exempt") { return "firewall ssl-ssh-profile" }
    return nil
  }

  private static func looksLikeCounters(_ rows: JSONValue) -> Bool {
    guard let row = rows.elements.first(where: { $0.isObject }) else { return false }
    return row["policyid"] != nil && row["srcintf"] == nil && row["action"] == nil
      && (row["bytes"] != nil || row["active_sessions"] != nil || row["hit_count"] != nil
        || row["packets"] != nil)
  }
}

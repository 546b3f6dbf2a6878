import ImportKit

/// Reads the files of `/etc/firewalld`, and those of `/usr/lib/firewalld` where they come along.
///
/// The name of a zone, policy, service or set is the name of its file, so here the name of a file
/// means something. Source: firewalld.zones(5), firewalld.policies(5), firewalld.service(5),
/// firewalld.ipset(5), firewalld.direct(5), firewalld.conf(5); file lookup: firewalld.dbus(5),
/// "files in /etc/firewalld overload those in /usr/lib/firewalld".
struct FWDReader {
  private(set) var configuration = FWDConfiguration()
  private let draft: PolicyDraft
  private var file = 0
  /// Where each named thing came from, to tell a local file from the vendor's.
  private var vendorOwned: Set<String> = []

  init(_ draft: PolicyDraft) { self.draft = draft }

  /// Names and descriptions are for people; versions of a file say nothing about its rules.
  static let irrelevant = IrrelevantMembers([
    ("for people", ["short", "description", "@version", "version"])
  ])

  private func position(_ element: XMLElement) -> SourcePosition {
    SourcePosition(file: file, line: element.line)
  }

  /// The name of the thing in a file: the file's name without folders and ending.
  static func name(ofFile path: String) -> String {
    let last = path.split(separator: "/").last.map(String.init) ?? path
    return last.hasSuffix(".xml") ? String(last.dropLast(4)) : last
  }

  private static func isVendor(_ path: String) -> Bool {
    path.contains("usr/lib/firewalld/") || path.hasPrefix("lib/firewalld/")
  }

  mutating func read(_ document: ExportDocument, file number: Int) {
    file = number
    let name = Self.name(ofFile: document.file)
    guard let root = document.xml else {
      if let lines = document.lines { readSettings(lines) }
      return
    }
    let key = "\(root.name)/\(name)"
    if Self.isVendor(document.file) {
      // A local file of that name, read before, stays.
      if isKnown(root.name, name) { return }
      vendorOwned.insert(key)
    } else if isKnown(root.name, name), !vendorOwned.contains(key), root.name != "direct" {
      draft.note(
        .reading, "the \(root.name) `\(name)` is given twice; the later file counts",
        at: position(root))
    }
    let doubt = templateDoubt(root, name: name)
    switch root.name {
    case "zone": configuration.zones[name] = zone(root, name: name, doubt: doubt)
    case "policy": configuration.policies[name] = policy(root, name: name, doubt: doubt)
    case "service": configuration.services[name] = service(root, name: name)
    case "ipset": configuration.ipsets[name] = ipset(root, name: name)
    case "direct": configuration.direct.append(direct(root))
    default: break
    }
  }

  private func isKnown(_ kind: String, _ name: String) -> Bool {
    switch kind {
    case "zone": configuration.zones[name] != nil
    case "policy": configuration.policies[name] != nil
    case "service": configuration.services[name] != nil
    case "ipset": configuration.ipsets[name] != nil
    default: false
    }
  }

  /// Text between elements: firewalld passes over it, but the tags of a template there say that
  /// elements come and go.
  private mutating func templateDoubt(_ root: XMLElement, name: String) -> Condition? {
    guard root.hasStrayText, !root.text.isEmpty else { return nil }
    if TemplateMarker.isPresent(in: root.text) {
      let text = "the \(root.name) `\(name)` is an unrendered template"
      return draft.doubt(.unresolved, text, at: position(root))
    }
    draft.note(
      .reading,
      "text between the elements of the \(root.name) `\(name)` is passed over, as current releases "
        + "do", at: position(root))
    return nil
  }

  private mutating func readSettings(_ lines: [Substring]) {
    var settings: [String: String] = [:]
    for line in lines {
      let text = line.drop { $0 == " " || $0 == "\t" }
      guard !text.hasPrefix("#"), !text.hasPrefix(";"), let equals = text.firstIndex(of: "=") else {
        continue
      }
      let value = text[text.index(after: equals)...].drop { $0 == " " }
      settings[text[..<equals].filter { $0 != " " }.lowercased()] = String(
        value.prefix { !$0.isWhitespace })
    }
    configuration.settings = settings
  }

  // MARK: Zones and policies

  private func zone(
    _ root: XMLElement, name: String, doubt: Condition?
  ) -> FWDConfiguration.Zone {
    var zone = FWDConfiguration.Zone(name: name, position: position(root))
    zone.doubt = doubt
    let record = ExportRecord(root, file: file)
    if let target = record.attribute("target") {
      zone.targetIsWritten = true
      zone.target = self.target(target, at: position(root))
    }
    for element in root.children {
      let place = position(element)
      switch element.name {
      case "interface":
        _ = record.children("interface")
        guard let interface = element.attribute("name") else { continue }
        if TemplateMarker.isPresent(in: interface) {
          draft.note(
            .unresolved, "interface `\(interface)` is an unfilled template marker", at: place)
          zone.openBindings.append(place)
        } else {
          zone.interfaces.append(interface)
        }
      case "source":
        _ = record.children("source")
        if let kind = FWDElementReader.address(ExportRecord(element, file: file))?.kind {
          zone.sources.append(FWDConfiguration.Source(kind: kind, position: place))
        } else {
          zone.openBindings.append(place)
        }
      case "forward":
        _ = record.children("forward")
        zone.forward = place
      case "masquerade":
        _ = record.children("masquerade")
        zone.masquerade = place
      case "icmp-block-inversion": _ = record.children("icmp-block-inversion")
      default:
        guard let read = FWDElementReader.read(element, file: file, draft: draft) else { continue }
        // What nobody knows may be about routed traffic, as `forward` is: it stays unread.
        if case .unknown = read.what { continue }
        _ = record.children(element.name)
        zone.elements.append(read)
      }
    }
    zone.unread = draft.unread(record, of: "the zone `\(name)`", ignoring: Self.irrelevant)
    return zone
  }

  private func policy(
    _ root: XMLElement, name: String, doubt: Condition?
  ) -> FWDConfiguration.Policy {
    var policy = FWDConfiguration.Policy(name: name, position: position(root))
    policy.doubts = doubt.map { [$0] } ?? []
    let record = ExportRecord(root, file: file)
    if let target = record.attribute("target") {
      let read = self.target(target, at: position(root))
      if case .byDefault = read { policy.target = .goOn } else { policy.target = read }
    }
    if let priority = record.attribute("priority") {
      policy.priority = Int(priority) ?? -1
      if Int(priority) == nil {
        policy.doubts.append(
          draft.doubt(
            .unresolved, "priority `\(priority)` of the policy `\(name)` is not a number",
            at: position(root)))
      }
    }
    for element in root.children {
      switch element.name {
      case "disable":
        _ = record.children("disable")
        policy.isDisabled = true
      case "ingress-zone":
        _ = record.children("ingress-zone")
        policy.ingress += element.attribute("name").map { [$0] } ?? []
      case "egress-zone":
        _ = record.children("egress-zone")
        policy.egress += element.attribute("name").map { [$0] } ?? []
      case "masquerade":
        _ = record.children("masquerade")
        policy.masquerade = position(element)
      default:
        guard let read = FWDElementReader.read(element, file: file, draft: draft) else { continue }
        _ = record.children(element.name)
        policy.elements.append(read)
      }
    }
    for zone in policy.ingress + policy.egress where TemplateMarker.isPresent(in: zone) {
      policy.doubts.append(
        draft.doubt(
          .unresolved, "zone `\(zone)` of the policy `\(name)` is an unfilled template marker",
          at: position(root)))
    }
    policy.doubts +=
      draft.unread(record, of: "the policy `\(name)`", ignoring: Self.irrelevant).map { [$0] } ?? []
    return policy
  }

  private func target(_ text: String, at position: SourcePosition) -> FWDConfiguration.Target {
    switch text.uppercased() {
    case "ACCEPT": return .accept
    case "DROP": return .drop
    case "REJECT", "%%REJECT%%": return .reject
    case "CONTINUE": return .goOn
    case "DEFAULT": return .byDefault
    default:
      return .open(draft.doubt(.unresolved, "target `\(text)` is not known", at: position))
    }
  }

  // MARK: Services, sets, direct rules

  /// What helpers and modules a service asks for plays no part for the port that it names.
  private static let irrelevantOfServices = irrelevant.union([
    "module": "tracking of related connections", "helper": "tracking of related connections",
  ])

  private func service(_ root: XMLElement, name: String) -> FWDConfiguration.Service {
    var service = FWDConfiguration.Service(name: name, position: position(root))
    let record = ExportRecord(root, file: file)
    for word in ["port", "source-port"] {
      for element in record.records(word) {
        let port = element.attribute("port") ?? ""
        let number = element.attribute("protocol") ?? ""
        if word == "source-port" {
          service.sourcePorts.append((port, number))
        } else if port.isEmpty {
          service.protocols.append(number)
        } else {
          service.ports.append((port, number))
        }
      }
    }
    for element in record.records("protocol") {
      service.protocols.append(element.attribute("value") ?? "")
    }
    for element in record.records("include") {
      service.includes.append(element.attribute("service") ?? "")
    }
    for element in record.records("destination") {
      for family in ["ipv4", "ipv6"] {
        if let address = element.attribute(family) { service.destinations[family] = address }
      }
    }
    service.unread = draft.unread(
      record, of: "the service `\(name)`", ignoring: Self.irrelevantOfServices)
    return service
  }

  /// Sizes of the kernel's table, which change nothing but how many entries it holds.
  private static let sizes: Set<String> = ["hashsize", "maxelem", "family"]

  private func ipset(_ root: XMLElement, name: String) -> FWDConfiguration.IPSet {
    var set = FWDConfiguration.IPSet(name: name, position: position(root))
    let record = ExportRecord(root, file: file)
    set.type = record.attribute("type") ?? ""
    set.entries = record.children("entry").map(\.text)
    for option in record.records("option") {
      let value = option.attribute("value") ?? ""
      switch option.attribute("name") ?? "" {
      case "timeout": set.hasTimeout = set.hasTimeout || value != "0"
      case let name where Self.sizes.contains(name): break
      case let name: set.oddOption = name
      }
    }
    set.unread = draft.unread(record, of: "the ipset `\(name)`", ignoring: Self.irrelevant)
    return set
  }

  private func direct(_ root: XMLElement) -> FWDDirectFile {
    var result = FWDDirectFile()
    let whole = ExportRecord(root, file: file)
    for record in whole.records("rule") {
      let family = record.attribute("ipv") ?? ""
      let table = record.attribute("table") ?? ""
      let chain = record.attribute("chain") ?? ""
      let priority = record.attribute("priority").map { Int($0) } ?? 0
      guard ["ipv4", "ipv6", "eb"].contains(family), !table.isEmpty, !chain.isEmpty,
        let priority,
        draft.unread(record, of: "a direct rule", ignoring: Self.irrelevant) == nil
      else {
        result.unreadable.append(record.position)
        continue
      }
      result.rules.append(
        FWDDirectFile.Rule(
          family: family, table: table, chain: chain, priority: priority,
          arguments: Self.text(record), position: record.position))
    }
    for record in whole.records("chain") {
      result.chains.append(
        FWDDirectFile.Chain(
          family: record.attribute("ipv") ?? "", table: record.attribute("table") ?? "",
          name: record.attribute("chain") ?? "", position: record.position))
    }
    for record in whole.records("passthrough") {
      result.passthroughs.append(
        FWDDirectFile.Passthrough(
          family: record.attribute("ipv") ?? "", arguments: Self.text(record),
          position: record.position))
    }
    if draft.unread(whole, of: "direct.xml", ignoring: Self.irrelevant) != nil {
      result.unreadable.append(position(root))
    }
    return result
  }

  private static func text(_ record: ExportRecord) -> String {
    if case .xml(let element) = record.body { element.text } else { "" }
  }
}

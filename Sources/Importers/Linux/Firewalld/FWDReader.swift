import ImportKit

/// Reads the files of `/etc/firewalld`, and those of `/usr/lib/firewalld` where they come along.
///
/// The name of a zone, policy, service or set is the name of its file, so here the name of a file
/// means something. Source: firewalld.zones(5), firewalld.policies(5), firewalld.service(5),
/// firewalld.ipset(5), firewalld.direct(5), firewalld.conf(5); file lookup: firewalld.dbus(5),
/// "files in /etc/firewalld overload those in /usr/lib/firewalld".
struct FWDReader {
  private(set) var configuration = FWDConfiguration()
  private var file = 0
  /// Where each named thing came from, to tell a local file from the vendor's.
  private var vendorOwned: Set<String> = []

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
      configuration.notes.append(
        Note(
          .reading, "the \(root.name) `\(name)` is given twice; the later file counts",
          at: position(root)))
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
      configuration.notes.append(Note(.unresolved, text, at: position(root)))
      return Condition(.unresolved, text)
    }
    configuration.notes.append(
      Note(
        .reading,
        "text between the elements of the \(root.name) `\(name)` is passed over, as current "
          + "releases do", at: position(root)))
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

  private mutating func zone(
    _ root: XMLElement, name: String, doubt: Condition?
  ) -> FWDConfiguration.Zone {
    var zone = FWDConfiguration.Zone(name: name, position: position(root))
    zone.templateDoubt = doubt
    if let target = root.attribute("target") {
      zone.targetIsWritten = true
      zone.target = self.target(target, standard: .byDefault, at: position(root))
    }
    for element in root.children {
      switch element.name {
      case "interface":
        guard let interface = element.attribute("name") else { continue }
        if TemplateMarker.isPresent(in: interface) {
          configuration.notes.append(
            Note(
              .unresolved, "interface `\(interface)` is an unfilled template marker",
              at: position(element)))
        } else {
          zone.interfaces.append(interface)
        }
      case "source":
        if let kind = addressKind(element) {
          zone.sources.append(FWDConfiguration.Source(kind: kind, position: position(element)))
        }
      case "forward": zone.forward = position(element)
      case "masquerade": zone.masquerade = position(element)
      case "icmp-block-inversion": break
      default:
        if let read = FWDElementReader.read(element, position: position(element)) {
          zone.elements.append(read)
        }
      }
    }
    return zone
  }

  private mutating func policy(
    _ root: XMLElement, name: String, doubt: Condition?
  ) -> FWDConfiguration.Policy {
    var policy = FWDConfiguration.Policy(name: name, position: position(root))
    policy.templateDoubt = doubt
    if let target = root.attribute("target") {
      policy.target = self.target(target, standard: .goOn, at: position(root))
    }
    if let priority = root.attribute("priority") {
      policy.priority = Int(priority) ?? -1
      if Int(priority) == nil {
        configuration.notes.append(
          Note(.unresolved, "priority `\(priority)` is not a number", at: position(root)))
      }
    }
    for element in root.children {
      switch element.name {
      case "disable": policy.isDisabled = true
      case "ingress-zone": policy.ingress += element.attribute("name").map { [$0] } ?? []
      case "egress-zone": policy.egress += element.attribute("name").map { [$0] } ?? []
      case "masquerade": policy.masquerade = position(element)
      default:
        if let read = FWDElementReader.read(element, position: position(element)) {
          policy.elements.append(read)
        }
      }
    }
    return policy
  }

  private mutating func target(
    _ text: String, standard: FWDConfiguration.Target, at position: SourcePosition
  ) -> FWDConfiguration.Target {
    switch text.uppercased() {
    case "ACCEPT": return .accept
    case "DROP": return .drop
    case "REJECT", "%%REJECT%%": return .reject
    case "CONTINUE": return .goOn
    case "DEFAULT": return .byDefault
    default:
      configuration.notes.append(
        Note(.unresolved, "target `\(text)` is not known", at: position))
      return standard
    }
  }

  private func addressKind(_ element: XMLElement) -> FWDConfiguration.Source.Kind? {
    FWDElementReader.address(element)?.kind
  }

  // MARK: Services, sets, direct rules

  private func service(_ root: XMLElement, name: String) -> FWDConfiguration.Service {
    var service = FWDConfiguration.Service(name: name, position: position(root))
    for element in root.children {
      let port = element.attribute("port") ?? ""
      let word = element.attribute("protocol") ?? ""
      switch element.name {
      case "port" where port.isEmpty: service.protocols.append(word)
      case "port": service.ports.append((port, word))
      case "source-port": service.sourcePorts.append((port, word))
      case "protocol": service.protocols.append(element.attribute("value") ?? "")
      case "include": service.includes.append(element.attribute("service") ?? "")
      case "destination":
        for family in ["ipv4", "ipv6"] {
          if let address = element.attribute(family) { service.destinations[family] = address }
        }
      default: break
      }
    }
    return service
  }

  private func ipset(_ root: XMLElement, name: String) -> FWDConfiguration.IPSet {
    var set = FWDConfiguration.IPSet(name: name, position: position(root))
    set.type = root.attribute("type") ?? ""
    for element in root.children {
      if element.name == "entry" { set.entries.append(element.text) }
      if element.name == "option", element.attribute("name") == "timeout",
        element.attribute("value") != "0"
      {
        set.hasTimeout = true
      }
    }
    return set
  }

  private func direct(_ root: XMLElement) -> FWDDirectFile {
    var result = FWDDirectFile()
    for element in root.children {
      let family = element.attribute("ipv") ?? ""
      let table = element.attribute("table") ?? ""
      let chain = element.attribute("chain") ?? ""
      switch element.name {
      case "rule":
        result.rules.append(
          FWDDirectFile.Rule(
            family: family, table: table, chain: chain,
            priority: element.attribute("priority").flatMap { Int($0) } ?? 0,
            arguments: element.text, position: position(element)))
      case "chain":
        result.chains.append(
          FWDDirectFile.Chain(
            family: family, table: table, name: chain, position: position(element)))
      case "passthrough":
        result.passthroughs.append(
          FWDDirectFile.Passthrough(
            family: family, arguments: element.text, position: position(element)))
      default: break
      }
    }
    return result
  }
}

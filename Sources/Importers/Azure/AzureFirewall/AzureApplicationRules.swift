import ImportKit

/// Application rules: names, URLs, tags and categories, which the firewall looks for in the flow.
extension AzureRuleBuilder {
  mutating func addApplicationRules(
    _ rule: AzureItem, name: String, action: Action?, collection: AzureItem, to block: inout Block
  ) {
    let what = "rule `\(name)`"
    var base = sourceClauses(rule, what)
    let destinations = rule.entries("destinationAddresses")
    if !destinations.isEmpty {
      let terms = destinations.map { address($0, rule, what) }
      if !terms.contains(.any) { base.append(.destination(EndpointList(terms))) }
    }
    let names = self.names(rule, what)
    let tags = rule.entries("fqdnTags").map { entry -> EndpointTerm in
      switch entry {
      case .text(let tag):
        .condition(
          draft.doubt(.vendorTag, "FQDN tag `\(tag)`: its names are not published"))
      case .unknown(let missing): unresolved("\(what): \(missing)", at: rule.position)
      }
    }
    let ports = AzureApplicationPorts(rule, what, hasTags: !tags.isEmpty, draft)
    let decryption = rule.member("terminateTLS")
    if decryption != nil, decryption?.bool == nil {
      base.append(
        .requires(
          draft.doubt(
            .unresolved, "whether \(what) decrypts is not known", at: rule.position)))
    }
    func made(_ terms: [EndpointTerm], _ services: [Clause]) -> Rule {
      finished(
        rule, name: name, base + [.destination(EndpointList(terms))] + services,
        decrypts: decryption.map { $0.bool ?? true } ?? false, ignoring: AzureIrrelevant.rule)
    }
    var rules: [Rule] = []
    if !names.isEmpty { rules.append(made(names, ports.clauses)) }
    if !tags.isEmpty {
      var rule = made(tags, ports.clauses)
      if !names.isEmpty { rule.origin = .implied }
      rules.append(rule)
    }
    if rules.isEmpty {
      draft.note(.reading, "\(what) names no target and matches nothing", at: rule.position)
      rules = [
        Rule(
          name: name, match: Match([.never("the rule names no target")]), action: .continue,
          position: rule.position)
      ]
    }
    block.application += decided(rules, action, collection)
  }

  private func names(_ rule: AzureItem, _ what: String) -> [EndpointTerm] {
    var names: [EndpointTerm] = []
    for entry in rule.entries("targetFqdns") {
      switch entry {
      case .unknown(let missing): names.append(unresolved("\(what): \(missing)", at: rule.position))
      case .text(let text):
        names.append(
          AzureNames.hosts(text).map { .host($0, .observed) } ?? odd(text, rule, what))
      }
    }
    for entry in rule.entries("targetUrls") {
      switch entry {
      case .unknown(let missing): names.append(unresolved("\(what): \(missing)", at: rule.position))
      case .text(let text):
        names.append(
          AzureNames.url(text).map { .url($0) } ?? odd(text, rule, what))
      }
    }
    for entry in rule.entries("webCategories") {
      switch entry {
      case .unknown(let missing): names.append(unresolved("\(what): \(missing)", at: rule.position))
      case .text(let category): names.append(.category(category))
      }
    }
    return names
  }

  /// A text outside the grammar. With stars where none may stand it can mean no other hosts than those
  /// of the pattern that it looks like.
  private func odd(_ text: String, _ rule: AzureItem, _ what: String) -> EndpointTerm {
    let bytes = text.utf8
    let isPattern = bytes.allSatisfy { byte in
      (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte)
        || [0x2A, 0x2D, 0x2E].contains(byte)
    }
    guard isPattern, bytes.contains(0x2A) else {
      return draft.oddHost(text, in: what, at: rule.position)
    }
    draft.note(.unmodelled, "target `\(text)` is outside the grammar", at: rule.position)
    return .host(.glob(text.lowercased()), .doubtful)
  }
}

/// The ports of an application rule by protocol: TLS never runs on a port listed for Http, nor plain
/// HTTP on one listed for Https, and Defender's port 80 is HTTP and every other port TLS.
struct AzureApplicationPorts {
  private var services = AzureServices()
  private let hasTags: Bool

  /// - Parameter hasTags: the rule names FQDN tags; classic rules with tags have no protocols, which
  ///   the service takes from the tag (New-AzFirewallApplicationRule, parameter set "FqdnTag").
  init(_ rule: AzureItem, _ what: String, hasTags: Bool, _ draft: PolicyDraft) {
    self.hasTags = hasTags
    services.protocols = [Service.tcpNumber]
    let list = rule.member("protocols")
    let elements = list?.elements
    if list != nil, elements == nil {
      open("the protocols of \(what) are not known", rule, draft)
    } else if elements?.isEmpty ?? true {
      open("\(what) has no protocol", rule, draft)
    }
    for element in elements ?? [] { read(element, rule, what, draft) }
  }

  private mutating func open(_ text: String, _ rule: AzureItem, _ draft: PolicyDraft) {
    if hasTags {
      services.openPorts.append(draft.doubt(.vendorTag, "the protocols of an FQDN tag"))
    } else {
      services.openPorts.append(draft.doubt(.unresolved, text, at: rule.position))
    }
  }

  private mutating func read(
    _ element: ARMValue, _ rule: AzureItem, _ what: String, _ draft: PolicyDraft
  ) {
    let word: String
    var number: Int?
    var isReadable = true
    if element.isObject {
      word = element.member("protocolType")?.text?.lowercased() ?? ""
      // "This field is optional": the standard port of the protocol.
      if let port = element.member("port"), !port.isNull {
        number = port.number
        isReadable = number != nil
      }
    } else {
      // Older az versions print `Https:443` or `Https=443`.
      let parts = (element.text ?? "").split { $0 == ":" || $0 == "=" }
      word = parts.first.map { $0.lowercased() } ?? ""
      if parts.count > 1 {
        number = Int(parts[1])
        isReadable = number != nil && parts.count == 2
      }
    }
    let standard: UInt16?
    switch word {
    case "http": standard = 80
    case "https": standard = 443
    case "mssql": return
    default: standard = nil
    }
    let port = number.map { UInt16(exactly: $0) } ?? standard
    guard isReadable, let standard, let port else {
      let doubt = draft.doubt(
        .unresolved, "protocol `\(word)` of \(what), or its port, is not known", at: rule.position)
      services.openPorts.append(doubt)
      return
    }
    if standard == 443 && port != 80 || standard == 80 && port != 443 {
      services.ports = services.ports.union(IntervalSet(port))
    }
  }

  /// "The protocol must be https" for FQDN tags (learn.microsoft.com, "FQDN tags overview"), and
  /// templates set Http beside it: what a tag holds is in doubt anyway, on every listed port.
  var clauses: [Clause] { services.clauses }
}

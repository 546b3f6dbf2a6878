import ImportKit

/// Reads reports of group policy as XML: `Get-GPOReport`, `gpresult /x`, and the `gpreport.xml` of a
/// backup.
///
/// Profiles are elements with `Value` children; rules are elements whose children have the names of
/// the fields in the registry (``WFRuleText``). In a report about a computer each setting also says
/// its `Precedence` among the objects that set it: 1 wins.
struct WFReportReader {
  private let file: Int
  private(set) var configurations: [WFConfiguration] = []
  private(set) var reportedOn: String?

  init(file: Int) { self.file = file }

  static let roots: Set<String> = ["GPO", "GPOS", "Rsop", "report", "GPOReport"]

  /// The parts of a report that are about Windows Firewall.
  static func extensions(in element: XMLElement) -> [XMLElement] {
    element.descendants.filter { found in
      found.name == "Extension"
        && (found.attribute("type")?.contains("WindowsFirewallSettings") ?? false)
    }
  }

  mutating func read(_ root: XMLElement) {
    let objects = root.name == "GPO" ? [root] : root.children("GPO").map { $0 }
    // The report about a computer lists the objects, too, but settings stand beside them.
    let owners = root.name == "Rsop" || objects.isEmpty ? [root] : objects
    for owner in owners {
      let parts = Self.extensions(in: owner)
      guard !parts.isEmpty else { continue }
      var configuration = WFConfiguration()
      configuration.owner = owners.count > 1 ? owner.childText("Name") : nil
      if root.name == "Rsop" {
        reportedOn = root.child("ComputerResults")?.childText("Name")
          .flatMap { $0.isEmpty ? nil : $0 }
      }
      for part in parts { read(part, into: &configuration) }
      if root.name != "Rsop" {
        configuration.notInForce = standing(of: owner, configuration.doubts)
      }
      configurations.append(configuration)
    }
  }

  /// Why an object does not, or need not, apply: its computer half or every link of it is off, or a
  /// WMI filter decides. Nil where it applies.
  private func standing(of owner: XMLElement, _ doubts: Doubts) -> Condition? {
    if let enabled = owner.descend("Computer", "Enabled"), enabled.text.lowercased() != "true" {
      return doubts.doubt(
        .notInForce, "the computer settings of this group policy object are switched off",
        at: position(enabled))
    }
    let links = owner.children("LinksTo").map { $0 }
    let isOff = { (link: XMLElement) in link.childText("Enabled")?.lowercased() == "false" }
    if let first = links.first, links.allSatisfy(isOff) {
      return doubts.doubt(
        .notInForce, "every link of this group policy object is switched off", at: position(first))
    }
    guard let filter = owner.child("FilterName"), !filter.text.isEmpty else { return nil }
    return doubts.doubt(
      .notInForce, "a WMI filter decides on which computers this group policy object applies",
      at: position(filter))
  }

  private func position(_ element: XMLElement) -> SourcePosition {
    SourcePosition(file: file, line: element.line)
  }

  private func read(_ part: XMLElement, into configuration: inout WFConfiguration) {
    for element in part.children {
      switch element.name {
      case "DomainProfile": configuration.set(.domain, settings(element, configuration.doubts))
      case "PrivateProfile": configuration.set(.private, settings(element, configuration.doubts))
      case "PublicProfile": configuration.set(.public, settings(element, configuration.doubts))
      case "InboundFirewallRules", "OutboundFirewallRules", "FirewallRules":
        configuration.add(
          rule(
            element,
            isOutbound: element.name == "FirewallRules" ? nil : element.name.hasPrefix("Out"),
            configuration.doubts))
      default: break
      }
    }
  }

  private func settings(_ element: XMLElement, _ doubts: Doubts) -> WFProfileSettings {
    var settings = WFProfileSettings(
      enabled: flag(element, "EnableFirewall"),
      blocksOutbound: flag(element, "DefaultOutboundAction"),
      mergesLocalRules: flag(element, "AllowLocalPolicyMerge"), position: position(element))
    if settings.enabled == nil, let odd = element.child("EnableFirewall") {
      settings.enabledDoubt = doubts.doubt(
        .notInForce, "whether the firewall is on for the \(element.name)", at: position(odd))
    }
    return settings
  }

  /// The value that wins among several of one name; nil where that is not known, too.
  private func flag(_ element: XMLElement, _ name: String) -> Bool? {
    let all = element.children(name).map { $0 }
    if all.count > 1,
      all.contains(where: { $0.child("Precedence") != nil && precedence($0) == nil })
    {
      let values = Set(all.map(value))
      return values.count == 1 ? values.first ?? nil : nil
    }
    let found = all.min { precedence($0) ?? .max < precedence($1) ?? .max }
    return found.flatMap(value)
  }

  private func value(_ element: XMLElement) -> Bool? {
    switch element.childText("Value")?.lowercased() ?? element.text.lowercased() {
    case "true", "1", "block": return true
    case "false", "0", "allow": return false
    default: return nil
    }
  }

  private func precedence(_ element: XMLElement) -> Int? {
    element.childText("Precedence").flatMap { Int($0) }
  }

  private func rule(_ element: XMLElement, isOutbound: Bool?, _ doubts: Doubts) -> WFRule {
    var rule = WFRule(position: position(element))
    rule.isOutbound = isOutbound
    rule.isLocal = false
    // A rule without the element is not active, as in the registry.
    rule.enabled = element.child("Active") != nil
    for field in element.children {
      WFRuleText.set(&rule, field.name, field.hasChildren ? "{{ elements }}" : field.text, doubts)
      if field.name == "Name", rule.id == nil { rule.id = field.attribute("id") }
    }
    return rule
  }
}

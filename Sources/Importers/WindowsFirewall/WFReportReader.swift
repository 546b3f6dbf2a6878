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
      }
      for part in parts { read(part, into: &configuration) }
      if let enabled = owner.descend("Computer", "Enabled")?.text, enabled == "false" {
        configuration.notes.append(
          Note(
            .reading, "the computer settings of this group policy object are switched off",
            at: position(owner)))
      }
      configurations.append(configuration)
    }
  }

  private func position(_ element: XMLElement) -> SourcePosition {
    SourcePosition(file: file, line: element.line)
  }

  private func read(_ part: XMLElement, into configuration: inout WFConfiguration) {
    for element in part.children {
      switch element.name {
      case "DomainProfile": configuration.set(.domain, settings(element))
      case "PrivateProfile": configuration.set(.private, settings(element))
      case "PublicProfile": configuration.set(.public, settings(element))
      case "InboundFirewallRules", "OutboundFirewallRules", "FirewallRules":
        configuration.add(
          rule(
            element,
            isOutbound: element.name == "FirewallRules" ? nil : element.name.hasPrefix("Out")))
      default: break
      }
    }
  }

  private func settings(_ element: XMLElement) -> WFProfileSettings {
    WFProfileSettings(
      enabled: flag(element, "EnableFirewall"),
      blocksOutbound: flag(element, "DefaultOutboundAction"),
      mergesLocalRules: flag(element, "AllowLocalPolicyMerge"), position: position(element))
  }

  /// The value that wins among several of one name.
  private func flag(_ element: XMLElement, _ name: String) -> Bool? {
    let found = element.children(name).min { precedence($0) < precedence($1) }
    switch found?.childText("Value")?.lowercased() ?? found?.text.lowercased() {
    case "true", "1", "block": return true
    case "false", "0", "allow": return false
    default: return nil
    }
  }

  private func precedence(_ element: XMLElement) -> Int {
    element.childText("Precedence").flatMap { Int($0) } ?? .max
  }

  private func rule(_ element: XMLElement, isOutbound: Bool?) -> WFRule {
    var rule = WFRule(position: position(element))
    rule.isOutbound = isOutbound
    // A rule without the element is not active, as in the registry.
    rule.enabled = element.child("Active") != nil
    for field in element.children {
      WFRuleText.set(&rule, field.name, field.text)
      if field.name == "Name", rule.id == nil { rule.id = field.attribute("id") }
    }
    return rule
  }
}

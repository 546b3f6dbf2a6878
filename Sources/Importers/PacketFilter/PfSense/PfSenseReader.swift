import ImportKit

/// Builds the one policy of a pfSense configuration.
struct PfSenseReader {
  let root: XMLElement

  func read() -> Policy {
    let interfaces = PFInterfaces(root, dialect: .pfSense)
    return PFPolicyBuilder(
      root: root, dialect: .pfSense, interfaces: interfaces,
      aliases: PFAliases(PFAliases.legacy(root), dialect: .pfSense), rules: rules(interfaces),
      addOns: PfSensePackages.read(root, interfaces: interfaces)
    ).policy(format: "pfsense")
  }

  /// Floating rules, then those of interface groups and VPN tabs, then those of interfaces, each in
  /// document order: "The order must be: Floating rules, then interface group and then regular
  /// ones" (pfsense/pfsense, src/etc/inc/filter.inc).
  private func rules(_ interfaces: PFInterfaces) -> [PFRule] {
    var floating: [PFRule] = []
    var grouped: [PFRule] = []
    var single: [PFRule] = []
    for element in root.all("filter", "rule") {
      let rule = PFRule(legacy: element, dialect: .pfSense)
      if rule.isFloating {
        floating.append(rule)
      } else if interfaces.isGroup(rule.interfaces.first ?? "") {
        grouped.append(rule)
      } else {
        single.append(rule)
      }
    }
    return floating + grouped + single
  }
}

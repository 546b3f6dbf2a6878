import ImportKit

/// Builds the one policy of a pfSense configuration.
struct PfSenseReader {
  let root: XMLElement

  func read() -> Policy {
    let product = PFProduct(root, dialect: .pfSense)
    let draft = PolicyDraft(
      Policy(scope: "pf", format: "pfsense", productVersion: root.word("version") ?? ""))
    let interfaces = PFInterfaces(root, product: product, draft: draft)
    var packages = PfSensePackages(
      root: root, addOns: PFAddOns(draft: draft, interfaces: interfaces))
    packages.read()
    return PFPolicyBuilder(
      root: root, interfaces: interfaces,
      aliases: PFAliases(PFAliases.legacy(root, draft), product: product, draft: draft),
      rules: rules(interfaces, product, draft), addOns: packages.addOns
    ).policy()
  }

  /// Floating rules, then those of interface groups and VPN tabs, then those of interfaces, each in
  /// document order: "The order must be: Floating rules, then interface group and then regular
  /// ones" (pfsense/pfsense, src/etc/inc/filter.inc).
  private func rules(
    _ interfaces: PFInterfaces, _ product: PFProduct, _ draft: PolicyDraft
  ) -> [PFRule] {
    var floating: [PFRule] = []
    var grouped: [PFRule] = []
    var single: [PFRule] = []
    for element in root.all("filter", "rule") {
      let rule = PFRule(legacy: ExportRecord(element), product: product, draft: draft)
      if rule.isFloating {
        floating.append(rule)
      } else if interfaces.isGroup(rule.interfaces.first ?? "")
        || !rule.interfaces.allSatisfy(interfaces.isKnown)
      {
        // An interface that is not in the export may be a group; what comes of the rule in the later
        // place is what comes of it here, or what comes without it.
        grouped.append(rule)
      } else {
        single.append(rule)
      }
    }
    return floating + grouped + single
  }
}

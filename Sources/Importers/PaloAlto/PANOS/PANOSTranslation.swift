import ImportKit

/// Translation of destinations, which may catch the clients' own connections.
///
/// "The firewall evaluates the security policy with the pre-NAT addresses and the post-NAT zone": what
/// is translated goes to another host, behind another zone perhaps. Source: docs.paloaltonetworks.com,
/// PAN-OS Administrator's Guide, "NAT Policy Overview". Translation of sources changes neither the
/// host nor what the policy sees.
extension PANOSRules {
  func translation(_ layers: [PANOSLayer]) -> Table? {
    let entries = layers.flatMap { layer in layer.rules("nat").map { (layer, $0) } }
    let changesDestinations = entries.contains { _, entry in
      PANOSElements.says(entry.child("disabled")) != .yes && !Self.isPlain(entry)
    }
    // Rules without a word about destinations only exempt from those that have one.
    guard changesDestinations else { return nil }
    let published = entries.filter { comesFromOutside($0.1) }
      .compactMap { objects.addresses(PANOSList($0.1.child("destination"))) }
      .reduce(AddressSet()) { $0.union($1) }
    let rules = entries.flatMap { layer, entry in
      translationRules(entry, layer, own: wiring.own.union(published))
    }
    return stage("destination translation", rules, otherwise: "not translated")
  }

  private static let destinationParts = [
    "destination-translation", "dynamic-destination-translation",
  ]

  /// Whether a rule does nothing but translate sources, or nothing at all.
  private static func isPlain(_ entry: XMLElement) -> Bool {
    let known = [
      "source-translation", "from", "to", "to-interface", "source", "destination", "service",
      "disabled", "target", "active-active-device-binding", "nat-type", "description", "tag",
      "group-tag",
    ]
    return entry.children.allSatisfy { known.contains($0.name) }
  }

  private func translationRules(
    _ entry: XMLElement, _ layer: PANOSLayer, own: AddressSet
  ) -> [Rule] {
    let record = ExportRecord(entry)
    let what = "translation rule `\(entry.attribute("name") ?? "")`"
    var match = MatchChoices()
    addTarget(record, of: what, to: &match)
    addZones(record, of: what, to: &match)
    if let interface = record.text("to-interface"), interface != "any", !interface.isEmpty {
      addInterfaces(PANOSList(entry.child("to-interface")), of: what, to: &match) { .to($0) }
    }
    let isForOwnHosts = comesFromOutside(entry) || isFor(own, entry)
    addAddresses(record, of: what, to: &match)
    addServices(record, of: what, isRequired: false, to: &match)
    if let device = record.text("active-active-device-binding"), device != "both" {
      match.require(
        .requires(draft.doubt(.interfaceBinding, "\(what) is for device \(device) of a pair")))
    }
    let isEnabled = isEnabled(record, of: what, to: &match)
    let rule = stageRule(record, layer: layer, isEnabled: isEnabled)
    var target: String?
    for part in Self.destinationParts {
      guard let translation = record.record(part) else { continue }
      target = translation.text("translated-address") ?? target ?? "another port"
      _ = translation.text("translated-port")
      _ = translation.text("distribution")
      _ = translation.child("dns-rewrite")
    }
    close(record, of: what, ignoring: PANOSMembers.translationRule, to: &match)
    guard let target else { return match.rules(rule) }
    // What the firewall publishes under its own addresses is not what the requirement is about.
    if isForOwnHosts { return [] }
    let doubt = draft.doubt(
      .unmodelled,
      "\(what) sends the flow to `\(target)`: what answers there decides, and the policy sees the "
        + "zone of that host", at: rule.position)
    return match.rules(rule).flatMap { draft.eitherWay($0, because: doubt) }
  }

  /// Whether a rule is only for flows that come from the Internet: what it translates is an address
  /// that the firewall publishes.
  private func comesFromOutside(_ entry: XMLElement) -> Bool {
    let from = PANOSList(entry.child("from"))
    return from.odd == nil && !from.isEmpty && !from.isAny
      && from.texts.allSatisfy { wiring.outside.contains($0) }
  }

  /// Whether a rule is only for some of these addresses.
  private func isFor(_ own: AddressSet, _ entry: XMLElement) -> Bool {
    let list = PANOSList(entry.child("destination"))
    guard list.odd == nil, !list.isEmpty, !list.isAny, let set = objects.addresses(list) else {
      return false
    }
    return set.subtracting(own).isEmpty
  }
}

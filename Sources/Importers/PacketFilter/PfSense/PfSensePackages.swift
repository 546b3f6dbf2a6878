import ImportKit

/// Add-on packages of pfSense that act on the clients' traffic.
enum PfSensePackages {
  static func read(_ root: XMLElement, interfaces: PFInterfaces) -> PFAddOns {
    var result = PFAddOns()
    let packages = root.child("installedpackages")
    let known = ["squid", "snort", "suricata", "pfblocker", "e2guardian", "privoxy", "tinyproxy"]
    for package in packages?.children("package").map({ $0 }) ?? [] {
      guard let name = package.childText("name"),
        known.contains(where: name.lowercased().hasPrefix)
      else { continue }
      result.addNote("package \(name) is installed", at: package)
    }
    if let packages {
      squid(packages, interfaces, into: &result)
      pfBlocker(packages, into: &result)
      intrusion(packages, into: &result)
    }
    captivePortal(root, interfaces, into: &result)
    ethernet(root, into: &result)
    return result
  }

  /// Rules for frames, which pfSense Plus has since 22.05: they come before those for packets.
  private static func ethernet(_ root: XMLElement, into result: inout PFAddOns) {
    let blocking = root.all("ethernet", "rule").first { rule in
      rule.childText("type") == "block" && rule.child("disabled") == nil
    }
    guard let blocking else { return }
    result.addDoubt(
      "Ethernet rules", [],
      Condition(.unmodelled, "Ethernet rules: they may block clients by hardware address"),
      at: blocking)
  }

  private static func isOn(_ text: String?) -> Bool {
    guard let text = text?.lowercased() else { return false }
    return text == "on" || text == "yes" || text == "1" || text == "true"
  }

  /// squid as a transparent proxy; squidGuard is asked by squid.
  private static func squid(
    _ packages: XMLElement, _ interfaces: PFInterfaces, into result: inout PFAddOns
  ) {
    let squid = packages.all("squid", "config").first { config in
      // Older releases have no switch: a configuration with an interface is active.
      config.child("enable_squid").map { isOn($0.text) }
        ?? (config.value("active_interface") != nil)
    }
    let guarding = packages.all("squidguardgeneral", "config").contains {
      isOn($0.childText("squidguard_enable"))
    }
    guard let squid else { return }
    let plain = isOn(squid.childText("transparent_proxy"))
    let tls = isOn(squid.childText("ssl_proxy"))
    guard plain || tls else {
      result.addNote(
        "squid is on without transparent mode: it concerns clients that are set up to use it"
          + (guarding ? ", with the lists of squidGuard" : ""), at: squid)
      return
    }
    let listed =
      squid.value("transparent_active_interface") ?? squid.value("active_interface") ?? ""
    let names = listed.split(separator: ",").map(String.init).flatMap { interfaces.members($0) }
    let splices = squid.childText("sslproxy_mitm_mode") == "spliceall"
    let how =
      tls ? (splices ? ", TLS passed on without decryption" : ", TLS may be decrypted") : ""
    let lists =
      guarding ? "its access lists and those of squidGuard decide" : "its access lists decide"
    result.addDoubt(
      "squid",
      PFAddOns.flows(to: (plain ? [80] : []) + (tls ? [443] : []), from: names),
      Condition(.unmodelled, "transparent squid proxy\(how): \(lists)"), at: squid)
    guard tls, !splices else { return }
    let flows = PFAddOns.flows(to: [443], from: names)
    if packages.all("squidnac", "config").contains(where: { $0.value("whitelist") != nil }) {
      result.addInspection(
        "squid whitelist",
        flows + [.requires(Condition(.unmodelled, "hosts on the white list of squid"))], .bypass,
        at: squid)
    }
    result.addInspection("squid", flows, .inspect, at: squid)
  }

  private static func pfBlocker(_ packages: XMLElement, into result: inout PFAddOns) {
    let section = packages.all("pfblockerngdnsblsettings", "config")
    guard let dnsbl = section.first(where: { isOn($0.childText("pfb_dnsbl")) }) else { return }
    result.addDoubt(
      "pfBlockerNG DNSBL", [],
      Condition(.externalList, "pfBlockerNG DNS block lists: a listed name gets a false address"),
      at: dnsbl)
  }

  private static func intrusion(_ packages: XMLElement, into result: inout PFAddOns) {
    for (section, name) in [("snortglobal", "snort"), ("suricata", "suricata")] {
      guard let element = packages.child(section) else { continue }
      let rules = element.children("rule").map { $0 } + element.all("config", "rule")
      let blocking = rules.first { rule in
        let enabled = rule.child("enable").map { isOn($0.text) } ?? true
        return enabled
          && isOn(rule.childText("blockoffenders7") ?? rule.childText("blockoffenders"))
      }
      guard let blocking else { continue }
      let inline = blocking.childText("ips_mode")?.contains("inline") ?? false
      result.addDoubt(
        name, [],
        Condition(
          .unmodelled,
          inline
            ? "\(name) in inline mode drops what its rules match"
            : "\(name) blocks hosts that raise an alert"), at: blocking)
    }
  }

  /// Clients behind a captive portal pass when somebody has logged in on them, or when they are
  /// exempted.
  private static func captivePortal(
    _ root: XMLElement, _ interfaces: PFInterfaces, into result: inout PFAddOns
  ) {
    for zone in root.child("captiveportal")?.children.map({ $0 }) ?? []
    where zone.child("enable") != nil {
      let names = (zone.childText("interface") ?? "").split(separator: ",").map(String.init)
        .flatMap { interfaces.members($0) }
      guard !names.isEmpty else { continue }
      result.addDoubt(
        "captive portal", [.from(ZoneList(names))],
        Condition(
          .user, "captive portal `\(zone.name)`: clients that are neither logged in nor exempted"),
        at: zone)
    }
  }
}

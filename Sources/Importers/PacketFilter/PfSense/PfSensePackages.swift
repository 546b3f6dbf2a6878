import ImportKit

/// Add-on packages of pfSense that act on the clients' traffic.
///
/// Packages write their switches as `on` or nothing; any other word counts as on, since what hangs on
/// it is a condition.
struct PfSensePackages {
  let root: XMLElement
  var addOns: PFAddOns

  mutating func read() {
    let packages = root.child("installedpackages")
    let known = ["squid", "snort", "suricata", "pfblocker", "e2guardian", "privoxy", "tinyproxy"]
    for package in packages?.children("package").map({ $0 }) ?? [] {
      guard let name = package.word("name"),
        known.contains(where: name.lowercased().hasPrefix)
      else { continue }
      addOns.addNote("package \(name) is installed", at: package)
    }
    if let packages {
      squid(packages)
      pfBlocker(packages)
      intrusion(packages)
    }
    captivePortal()
    ethernet()
  }

  /// Rules for frames, which pfSense Plus has since 22.05: they come before those for packets.
  private mutating func ethernet() {
    let blocking = root.all("ethernet", "rule").first { rule in
      rule.word("type") != "pass" && rule.child("disabled") == nil
    }
    guard let blocking else { return }
    addOns.addDoubt(
      "Ethernet rules", [], .unmodelled,
      "Ethernet rules: they may block clients by hardware address", at: blocking)
  }

  private func isOn(_ text: String?) -> Bool {
    !["", "off", "no", "0", "false", "disabled"].contains(text?.lowercased() ?? "")
  }

  /// squid as a transparent proxy; squidGuard is asked by squid.
  private mutating func squid(_ packages: XMLElement) {
    let squid = packages.all("squid", "config").first { config in
      // Older releases have no switch: a configuration with an interface is active.
      config.child("enable_squid").map { isOn($0.text) }
        ?? (config.value("active_interface") != nil)
    }
    let guarding = packages.all("squidguardgeneral", "config").contains {
      isOn($0.word("squidguard_enable"))
    }
    guard let squid else { return }
    let plain = isOn(squid.word("transparent_proxy"))
    let tls = isOn(squid.word("ssl_proxy"))
    guard plain || tls else {
      addOns.addNote(
        "squid is on without transparent mode: it concerns clients that are set up to use it"
          + (guarding ? ", with the lists of squidGuard" : ""), at: squid)
      return
    }
    let listed =
      squid.value("transparent_active_interface") ?? squid.value("active_interface") ?? ""
    guard let entering = addOns.entering(listed) else { return }
    let splices = squid.word("sslproxy_mitm_mode") == "spliceall"
    let how =
      tls ? (splices ? ", TLS passed on without decryption" : ", TLS may be decrypted") : ""
    let lists =
      guarding ? "its access lists and those of squidGuard decide" : "its access lists decide"
    addOns.addDoubt(
      "squid", entering + [PFAddOns.flows(to: (plain ? [80] : []) + (tls ? [443] : []))],
      .unmodelled, "transparent squid proxy\(how): \(lists)", at: squid)
    guard tls, !splices else { return }
    let flows = entering + [PFAddOns.flows(to: [443])]
    if let list = packages.all("squidnac", "config").first(where: { $0.value("whitelist") != nil })
    {
      let position = SourcePosition(line: list.line)
      let exempted = addOns.draft.doubt(
        .unmodelled, "hosts on the white list of squid", at: position)
      addOns.addInspection("squid whitelist", flows + [.requires(exempted)], .bypass, at: squid)
    }
    addOns.addInspection("squid", flows, .inspect, at: squid)
  }

  private mutating func pfBlocker(_ packages: XMLElement) {
    let section = packages.all("pfblockerngdnsblsettings", "config")
    guard let dnsbl = section.first(where: { isOn($0.word("pfb_dnsbl")) }) else { return }
    addOns.addDoubt(
      "pfBlockerNG DNSBL", [], .externalList,
      "pfBlockerNG DNS block lists: a listed name gets a false address", at: dnsbl)
  }

  private mutating func intrusion(_ packages: XMLElement) {
    for (section, name) in [("snortglobal", "snort"), ("suricata", "suricata")] {
      guard let element = packages.child(section) else { continue }
      let rules = element.children("rule").map { $0 } + element.all("config", "rule")
      let blocking = rules.first { rule in
        let enabled = rule.child("enable").map { isOn($0.text) } ?? true
        return enabled
          && isOn(rule.word("blockoffenders7") ?? rule.word("blockoffenders"))
      }
      guard let blocking else { continue }
      let inline = blocking.word("ips_mode")?.contains("inline") ?? false
      addOns.addDoubt(
        name, [], .unmodelled,
        inline
          ? "\(name) in inline mode drops what its rules match"
          : "\(name) blocks hosts that raise an alert", at: blocking)
    }
  }

  /// Clients behind a captive portal pass when somebody has logged in on them, or when they are
  /// exempted.
  private mutating func captivePortal() {
    for zone in root.child("captiveportal")?.children.map({ $0 }) ?? []
    where zone.child("enable") != nil {
      guard let entering = addOns.entering(zone.word("interface")) else { continue }
      addOns.addDoubt(
        "captive portal", entering, .user,
        "captive portal `\(zone.name)`: clients that are neither logged in nor exempted", at: zone)
    }
  }
}

import ImportKit

/// Parts of OPNsense besides the rules that act on the clients' traffic.
enum OPNsensePlugins {
  static func read(_ root: XMLElement, interfaces: PFInterfaces) -> PFAddOns {
    var result = PFAddOns()
    guard let plugins = root.child("OPNsense") else { return result }
    proxy(plugins, interfaces, into: &result)
    blockLists(root, plugins, into: &result)
    intrusion(plugins, into: &result)
    captivePortal(plugins, interfaces, into: &result)
    portForwards(plugins, interfaces, into: &result)
    return result
  }

  private static func isOn(_ element: XMLElement?, _ path: String...) -> Bool {
    var current = element
    for name in path { current = current?.child(name) }
    return current?.text == "1"
  }

  private static func names(_ text: String?) -> [String] {
    (text ?? "").split { $0 == "," || $0 == " " || $0.isLineFeed }.map(String.init)
  }

  /// squid in transparent mode. The port forwards that bring traffic to it are conditions of their
  /// own.
  private static func proxy(
    _ plugins: XMLElement, _ interfaces: PFInterfaces, into result: inout PFAddOns
  ) {
    guard let proxy = plugins.child("proxy"), isOn(proxy, "general", "enabled") else { return }
    let forward = proxy.child("forward")
    guard isOn(forward, "transparentMode") else {
      result.addNote(
        "the proxy is on without transparent mode: it concerns clients that are set up to use it",
        at: proxy)
      return
    }
    let listed = names(forward?.childText("interfaces")).flatMap { interfaces.members($0) }
    let bumps = isOn(forward, "sslbump")
    let splices = isOn(forward, "sslurlonly")
    let how = bumps ? (splices ? ", TLS passed on without decryption" : ", TLS decrypted") : ""
    result.addDoubt(
      "proxy", PFAddOns.flows(to: bumps ? [80, 443] : [80], from: listed),
      Condition(.unmodelled, "transparent proxy\(how): its access lists decide"), at: proxy)
    guard bumps, !splices else { return }
    let flows = PFAddOns.flows(to: [443], from: listed)
    var terms: [EndpointTerm] = []
    for site in names(forward?.childText("sslnobumpsites")) {
      terms.append(
        PFAddOns.squidDomain(site).map { .host($0, .observed) }
          ?? .condition(Condition(.unmodelled, "`\(site)` among the sites that are not bumped")))
    }
    if !terms.isEmpty {
      result.addInspection(
        "proxy: SSL no bump sites", flows + [.destination(EndpointList(terms))], .bypass,
        at: forward?.child("sslnobumpsites") ?? proxy)
    }
    result.addInspection("proxy", flows, .inspect, at: forward ?? proxy)
  }

  /// DNS block lists of Unbound and of DNS plugins.
  private static func blockLists(
    _ root: XMLElement, _ plugins: XMLElement, into result: inout PFAddOns
  ) {
    for plugin in plugins.children.map({ $0 }) {
      for dnsbl in plugin.children("dnsbl") {
        let lists = dnsbl.children("blocklist").filter { isOn($0, "enabled") }
        guard isOn(dnsbl, "enabled") || !lists.isEmpty else { continue }
        let name = plugin.name == "unboundplus" ? "Unbound" : plugin.name
        result.addDoubt(
          "\(name) DNS block lists", [],
          Condition(
            .externalList, "\(name) DNS block lists: a listed name gets no or a false address"),
          at: dnsbl)
      }
    }
  }

  private static func intrusion(_ plugins: XMLElement, into result: inout PFAddOns) {
    if let detection = plugins.child("IDS"), isOn(detection, "general", "enabled") {
      let prevents =
        isOn(detection, "general", "ips") || detection.descend("general", "mode")?.text == "ips"
        || detection.descend("general", "mode")?.text == "divert"
      if prevents {
        result.addDoubt(
          "intrusion prevention", [],
          Condition(.unmodelled, "Suricata in IPS mode drops what its rules match"), at: detection)
      } else {
        result.addNote("intrusion detection is on and only reports", at: detection)
      }
    }
    for plugin in plugins.children.map({ $0 })
    where ["zenarmor", "sensei"].contains(plugin.name.lowercased()) && !plugin.isEmpty {
      result.addDoubt(
        "Zenarmor", [],
        Condition(
          .unmodelled, "Zenarmor: its policies, which are not in the export, decide as well"),
        at: plugin)
    }
  }

  private static func captivePortal(
    _ plugins: XMLElement, _ interfaces: PFInterfaces, into result: inout PFAddOns
  ) {
    for zone in plugins.all("captiveportal", "zones", "zone") where isOn(zone, "enabled") {
      let listed = names(zone.childText("interfaces")).flatMap { interfaces.members($0) }
      guard !listed.isEmpty else { continue }
      let name = zone.childText("description") ?? ""
      result.addDoubt(
        "captive portal", [.from(ZoneList(listed))],
        Condition(
          .user, "captive portal `\(name)`: clients that are neither logged in nor exempted"),
        at: zone)
    }
  }

  /// Port forwards of the newer store, whose rules are not modelled.
  private static func portForwards(
    _ plugins: XMLElement, _ interfaces: PFInterfaces, into result: inout PFAddOns
  ) {
    for element in plugins.all("Firewall", "DNat", "rule")
      + plugins.all("Firewall", "DNat", "rules", "rule")
    where element.childText("enabled") != "0" && element.childText("disabled") != "1" {
      let listed = names(element.childText("interface"))
        .filter { !interfaces.leadsToInternet($0) }.flatMap { interfaces.members($0) }
      guard !listed.isEmpty else { continue }
      result.addDoubt(
        "port forward", [.from(ZoneList(listed))],
        Condition(
          .unmodelled, "port forward on \(listed.joined(separator: ", ")) of the newer kind"),
        at: element)
    }
  }
}

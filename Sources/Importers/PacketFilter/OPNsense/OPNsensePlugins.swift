import ImportKit

/// Parts of OPNsense besides the rules that act on the clients' traffic.
///
/// A switch that is neither on nor off by its value counts as on, since what hangs on it is a
/// condition. Missing elements have the defaults of their models (opnsense/core,
/// models/OPNsense/*/*.xml).
struct OPNsensePlugins {
  let root: XMLElement
  let product: PFProduct
  var addOns: PFAddOns

  mutating func read() {
    guard let plugins = root.child("OPNsense") else { return }
    proxy(plugins)
    blockLists(plugins)
    intrusion(plugins)
    captivePortal(plugins)
    portForwards(plugins)
  }

  private func isOn(
    _ element: XMLElement?, _ path: String..., default standard: Bool = false
  ) -> Bool {
    var current = element
    for name in path { current = current?.child(name) }
    return product.read(current, default: standard).mayBeOn
  }

  /// squid in transparent mode. The port forwards that bring traffic to it are conditions of their
  /// own.
  private mutating func proxy(_ plugins: XMLElement) {
    guard let proxy = plugins.child("proxy"), isOn(proxy, "general", "enabled") else { return }
    let forward = proxy.child("forward")
    guard isOn(forward, "transparentMode") else {
      addOns.addNote(
        "the proxy is on without transparent mode: it concerns clients that are set up to use it",
        at: proxy)
      return
    }
    guard let entering = addOns.entering(forward?.word("interfaces")) else { return }
    let bumps = isOn(forward, "sslbump")
    let splices = isOn(forward, "sslurlonly")
    let how = bumps ? (splices ? ", TLS passed on without decryption" : ", TLS decrypted") : ""
    addOns.addDoubt(
      "proxy", entering + [PFAddOns.flows(to: bumps ? [80, 443] : [80])],
      .unmodelled, "transparent proxy\(how): its access lists decide", at: proxy)
    guard bumps, !splices else { return }
    let flows = entering + [PFAddOns.flows(to: [443])]
    var terms: [EndpointTerm] = []
    for site in PFText.words(forward?.word("sslnobumpsites") ?? "") {
      let position = SourcePosition(line: forward?.line ?? proxy.line)
      terms.append(
        PFAddOns.squidDomain(site).map { .host($0, .observed) }
          ?? addOns.draft.oddHost(site, in: "the sites that are not bumped", at: position))
    }
    if !terms.isEmpty {
      addOns.addInspection(
        "proxy: SSL no bump sites", flows + [.destination(EndpointList(terms))], .bypass,
        at: forward?.child("sslnobumpsites") ?? proxy)
    }
    addOns.addInspection("proxy", flows, .inspect, at: forward ?? proxy)
  }

  /// DNS block lists of Unbound and of DNS plugins.
  private mutating func blockLists(_ plugins: XMLElement) {
    for plugin in plugins.children {
      for dnsbl in plugin.children("dnsbl") {
        let isListed = dnsbl.children("blocklist").contains { isOn($0, "enabled", default: true) }
        guard isOn(dnsbl, "enabled") || isListed else { continue }
        let name = plugin.name == "unboundplus" ? "Unbound" : plugin.name
        addOns.addDoubt(
          "\(name) DNS block lists", [], .externalList,
          "\(name) DNS block lists: a listed name gets no or a false address", at: dnsbl)
      }
    }
  }

  /// `mode` of the model is `pcap` for "PCAP live mode (IDS)", `netmap` and `divert` for "IPS"
  /// (models/OPNsense/IDS/IDS.xml; templates/OPNsense/IDS/suricata.yaml, `inline`); older models have
  /// the switch `ips`.
  private mutating func intrusion(_ plugins: XMLElement) {
    if let detection = plugins.child("IDS"), isOn(detection, "general", "enabled") {
      let general = detection.child("general")
      let onlyWatches: Bool
      switch general?.value("mode") {
      case nil: onlyWatches = !isOn(general, "ips")
      case "pcap": onlyWatches = true
      default: onlyWatches = false
      }
      if onlyWatches {
        addOns.addNote("intrusion detection is on and only reports", at: detection)
      } else {
        addOns.addDoubt(
          "intrusion prevention", [], .unmodelled,
          "Suricata in IPS mode drops what its rules match", at: detection)
      }
    }
    for plugin in plugins.children
    where ["zenarmor", "sensei"].contains(plugin.name.lowercased()) && !plugin.isEmpty {
      addOns.addDoubt(
        "Zenarmor", [], .unmodelled,
        "Zenarmor: its policies, which are not in the export, decide as well", at: plugin)
    }
  }

  private mutating func captivePortal(_ plugins: XMLElement) {
    for zone in plugins.all("captiveportal", "zones", "zone")
    where isOn(zone, "enabled", default: true) {
      guard let entering = addOns.entering(zone.word("interfaces")) else { continue }
      let name = zone.word("description") ?? ""
      addOns.addDoubt(
        "captive portal", entering, .user,
        "captive portal `\(name)`: clients that are neither logged in nor exempted", at: zone)
    }
  }

  /// Port forwards of a store of their own, whose rules are not modelled.
  private mutating func portForwards(_ plugins: XMLElement) {
    for element in plugins.all("Firewall", "DNat", "rule")
      + plugins.all("Firewall", "DNat", "rules", "rule")
    where isOn(element, "enabled", default: true)
      && product.read(element.child("disabled")) != .on
    {
      let names = PFText.words(element.word("interface") ?? "")
      let inside = names.filter { !addOns.interfaces.leadsToInternet($0) }
      if !names.isEmpty, inside.isEmpty { continue }
      guard let entering = addOns.entering(inside.joined(separator: ",")) else { continue }
      addOns.addDoubt(
        "port forward", entering, .unmodelled,
        "port forward on \(inside.isEmpty ? "every interface" : inside.joined(separator: ", ")) "
          + "of the newer kind", at: element)
    }
  }
}

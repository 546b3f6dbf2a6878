import ImportKit

/// Turns a configuration into one policy a profile.
///
/// Rules have no order: "explicitly defined allow rules take precedence over the default block
/// setting; explicit block rules take precedence over any conflicting allow rules" (learn.microsoft.com,
/// "Windows Firewall rules", Rule precedence); rules that override block rules stand above both
/// ([MS-FASP] 2.2.34, FW_RULE_ACTION_ALLOW_BYPASS). So here come overriding rules, then those that
/// block, then those that allow, then the profile's default. What is judged is what the computer
/// itself sends.
enum WFPolicyBuilder {
  static func policies(_ configuration: WFConfiguration) -> [Policy] {
    WFProfile.allCases.map { profile in policy(configuration, profile) }
  }

  private static func policy(_ configuration: WFConfiguration, _ profile: WFProfile) -> Policy {
    let settings = configuration.profiles[profile] ?? WFProfileSettings()
    let scope = configuration.owner.map { "\($0)/\(profile.rawValue)" } ?? profile.rawValue
    var policy = Policy(scope: scope, format: "windows-firewall")
    var translator = WFRuleTranslator(configuration)
    var sorted: [(rank: Int, rule: Rule)] = []
    for rule in configuration.rules where rule.profiles.contains(profile) {
      for translated in translator.rule(rule) {
        sorted.append((rank(rule, translated), translated))
      }
    }
    // Swift's sort is stable, so inside a rank the export's order stays.
    var rules = sorted.sorted { $0.rank < $1.rank }.map(\.rule)
    let position = settings.position ?? SourcePosition(line: 0)
    if settings.enabled == false {
      rules.insert(
        Rule(
          name: "the firewall is off for this profile", match: Match(), action: .allow,
          origin: .implied, position: position), at: 0)
    }
    if settings.blocksOutbound == nil {
      let text =
        "the default for outbound traffic is not set in the export; Windows allows it unless "
        + "something else sets it"
      rules.append(
        Rule(
          name: "default outbound action, not in the export",
          match: Match([.requires(Condition(.unresolved, text))]), action: .deny(.drop),
          origin: .implied, position: position))
    }
    let blocks = settings.blocksOutbound == true
    policy.tables = [
      Table(
        name: "outbound", rules: rules,
        defaultAction: DefaultAction(
          blocks ? .deny : .allow,
          name: "default outbound action \(blocks ? "Block" : "Allow")", position: settings.position
        ))
    ]
    policy.pipelines = [
      Pipeline(traffic: .host, mode: .allOf, stages: [Stage(table: "outbound")])
    ]
    policy.endpointObjects = translator.objects.endpoints
    policy.proposals = [
      ClientProposal(
        client: Client(traffic: .host),
        reason: "the computer's own traffic, on a network of the profile \(profile.rawValue)")
    ]
    var seen: Set<Note> = []
    policy.notes =
      (configuration.notes + translator.notes + notes(configuration, settings, profile))
      .filter { seen.insert($0).inserted }
    return policy
  }

  private static func rank(_ rule: WFRule, _ translated: Rule) -> Int {
    if rule.action == .bypass { return 0 }
    if case .deny = translated.action { return 1 }
    return 2
  }

  private static func notes(
    _ configuration: WFConfiguration, _ settings: WFProfileSettings, _ profile: WFProfile
  ) -> [Note] {
    var notes: [Note] = []
    if configuration.inboundCount > 0 {
      notes.append(
        Note(
          .reading,
          "\(configuration.inboundCount) rules for incoming traffic are left out: they do not "
            + "concern what the computer sends"))
    }
    if settings.enabled == nil {
      notes.append(
        Note(
          .completeness,
          "whether the firewall is on for the profile \(profile.rawValue) is not in the "
            + "export; taken to be on, as Windows has it"))
    }
    if configuration.store == .pushed, settings.mergesLocalRules != false {
      notes.append(
        Note(
          .completeness,
          "rules made on the computers themselves apply too (local policy merge is not "
            + "off) and are not in the export; run Export-WindowsFirewall.ps1 on a computer to see "
            + "what is in force"))
    }
    if configuration.store == .pushed {
      notes.append(
        Note(
          .completeness,
          "other group policy objects and Intune policies may add rules and settings; "
            + "give them together, or what is in force on a computer"))
    }
    if configuration.store == .local {
      notes.append(
        Note(
          .completeness,
          "these are the computer's own rules; group policy and Intune may add more: "
            + "export what is in force, with Export-WindowsFirewall.ps1"))
    }
    notes.append(
      Note(
        .completeness,
        "filters that other programs set beside the firewall (security suites, VPN clients, "
          + "containers) are not in the export; see `netsh wfp show filters`"))
    return notes
  }
}

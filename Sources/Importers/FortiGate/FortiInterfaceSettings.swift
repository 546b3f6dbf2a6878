import ImportKit

/// Settings of interfaces that keep no client back, so that one which nobody knows is not passed
/// over.
///
/// Source: docs.fortinet.com, FortiOS CLI Reference, config system interface, by way of the module
/// `fortios_system_interface` of Fortinet's Ansible collection.
enum FortiInterfaceSettings {
  static let irrelevant = FortiIrrelevant.common.union(
    IrrelevantMembers([
      (
        "addresses, links, management, routing, shaping or monitoring of the interface",
        text.split(whereSeparator: { $0 == " " || $0 == "\n" }).map(String.init)
      )
    ]))

  private static let text = """
    ac-name aggregate aggregate-type algorithm alias allowaccess ap-discover arpforward
    auth-cert auth-portal-addr auth-type auto-auth-extension-device bandwidth-measure-time bfd
    bfd-desired-min-tx bfd-detect-mult bfd-required-min-rx broadcast-forticlient-discovery
    broadcast-forward captive-portal cli-conn-status client-options color config dedicated-to
    default-purdue-level defaultgw description detected-peer-mtu detectprotocol detectserver
    device-access-list device-identification device-identification-active-scan device-netscan
    device-user-identification devindex dhcp-broadcast-flag dhcp-classless-route-addition
    dhcp-client-identifier dhcp-relay-agent-option dhcp-relay-allow-no-end-option
    dhcp-relay-circuit-id dhcp-relay-interface dhcp-relay-interface-select-method dhcp-relay-ip
    dhcp-relay-link-selection dhcp-relay-request-all-server dhcp-relay-service
    dhcp-relay-source-ip dhcp-relay-type dhcp-relay-vrf-select dhcp-renew-time dhcp-smart-relay
    dhcp-snooping-server-list disc-retry-timeout disconnect-threshold distance
    dns-server-override dns-server-protocol drop-fragment drop-overlapped-fragment eap-ca-cert
    eap-identity eap-method eap-password eap-supplicant eap-user-cert egress-cos egress-queues
    egress-shaping-profile endpoint-compliance estimated-downstream-bandwidth
    estimated-upstream-bandwidth exclude-signatures explicit-ftp-proxy explicit-web-proxy
    external fail-action-on-extender fail-alert-interfaces fail-alert-method fail-detect
    fail-detect-option fortiheartbeat fortilink fortilink-backup-link fortilink-neighbor-detect
    fortilink-split-interface fortilink-stacking forward-domain forward-error-correction gi-gk
    gwdetect ha-priority icmp-accept-redirect icmp-send-redirect ident-accept idle-timeout
    ike-saml-server inbandwidth ingress-cos ingress-shaping-profile ingress-spillover-threshold
    interconnect-profile interface internal ip ip-managed-by-fortiipam ipmac ips-sniffer-mode
    ipunnumbered ipv6 l2forward lacp-ha-secondary lacp-ha-slave lacp-mode lacp-speed
    lcp-echo-interval lcp-max-echo-fails link-up-delay lldp-network-policy lldp-reception
    lldp-transmission macaddr managed-device managed-subnetwork-size management-ip
    measured-downstream-bandwidth measured-upstream-bandwidth mediatype member min-links
    min-links-down mirroring-direction mirroring-filter mirroring-port mode monitor-bandwidth
    mtu mtu-override name ndiscforward netbios-forward netflow-sample-rate netflow-sampler
    netflow-sampler-id np-qos-profile outbandwidth padt-retry-timeout password ping-serv-status
    polling-interval port-mirroring pppoe-egress-cos pppoe-unnumbered-negotiate pptp-auth-type
    pptp-client pptp-password pptp-server-ip pptp-timeout pptp-user preserve-session-route
    priority priority-override proxy-captive-portal q_origin_key reachable-time
    redundant-interface remote-ip replacemsg-override-group ring-rx ring-tx role
    sample-direction sample-rate scan-botnet-connections secondary-IP secondaryip
    security-8021x-dynamic-vlan-id security-8021x-master security-8021x-member-mode
    security-8021x-mode security-exempt-list security-external-logout security-external-web
    security-groups security-ip-auth-bypass security-mac-auth-bypass security-redirect-url
    service-name sflow-sampler snmp-index speed spillover-threshold src-check status stp
    stp-edge stp-ha-secondary stp-ha-slave stpforward stpforward-mode subst substitute-dst-mac
    sw-algorithm swc-first-create swc-vlan switch switch-controller-access-vlan
    switch-controller-arp-inspection switch-controller-dhcp-snooping
    switch-controller-dhcp-snooping-option82 switch-controller-dhcp-snooping-verify-mac
    switch-controller-dynamic switch-controller-feature switch-controller-igmp-snooping
    switch-controller-igmp-snooping-fast-leave switch-controller-igmp-snooping-proxy
    switch-controller-iot-scanning switch-controller-learning-limit switch-controller-mgmt-vlan
    switch-controller-nac switch-controller-netflow-collect switch-controller-offload
    switch-controller-offload-gw switch-controller-offload-ip switch-controller-rspan-mode
    switch-controller-source-ip switch-controller-traffic-policy system-id system-id-type
    tagging tcp-mss telemetry-discover trunk trust-ip-1 trust-ip-2 trust-ip-3 trust-ip6-1
    trust-ip6-2 trust-ip6-3 tunnel type username vdom vindex virtual-mac vlan-protocol
    vlanforward vlanid vrf vrrp vrrp-virtual-mac wccp weight wins-ip
    """
}

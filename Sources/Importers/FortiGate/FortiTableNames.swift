/// The tables that FortiOS 6.0 to 7.6 has, so that a table which nobody knows is not passed over.
///
/// Source: docs.fortinet.com, FortiOS CLI Reference, by way of the modules of Fortinet's Ansible
/// collection `fortinet.fortios`, which has one for each table.
enum FortiTableNames {
  /// Whether a `config` block at the top is a table that is known.
  static func isKnown(_ name: String) -> Bool {
    let folded = String(
      decoding: name.utf8.map { byte -> UInt8 in
        switch byte {
        // Blanks, hyphens and dots stand between the words of a name.
        case 0x20, 0x2D, 0x2E: 0x5F
        case 0x41...0x5A: byte | 0x20
        default: byte
        }
      }, as: UTF8.self)
    return all.contains(folded)
  }

  private static let all: Set<String> = {
    var names: Set<String> = FortiTableNames.older
    var group = ""
    for word in text.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
      if word.hasSuffix(":") {
        group = String(word.dropLast())
      } else {
        names.insert(group + "_" + word)
      }
    }
    return names
  }()

  /// Tables of earlier releases, and groups with one table that has no name of its own.
  private static let older: Set<String> = [
    "vdom", "global", "user_device", "user_device_group", "user_device_access_list",
    "firewall_policy46",
    "firewall_policy64", "firewall_policy6", "firewall_consolidated_policy", "firewall_vip46",
    "firewall_vip64", "firewall_vipgrp46", "firewall_vipgrp64", "firewall_multicast_address6",
    "firewall_ippool6", "firewall_ippool_grp", "gui_console", "system_replacemsg",
    "entitlement_config",
    "system_custom_language", "system_central_management", "system_physical_switch",
    "firewall_internet_service_owner", "firewall_internet_service_sld", "firewall_iprope_list",
    "system_cluster_sync", "system_auto_script", "system_dns64", "log_gui_display", "ips_rule",
    "endpoint_control_client", "wireless_controller_client_info", "system_storage",
    "system_vne_tunnel",
    "webfilter_ips_urlfilter_cache_setting", "system_proxy_arp", "gui_dashboard",
    "system_ngfw_settings",
    "system_netflow", "system_sso_admin", "router_setting", "vpn_ssl_web_virtual_desktop_app_list",
    "firewall_carrier_endpoint_bwl", "firewall_gtp", "firewall_mms_profile", "firewall_pfcp",
    "system_security_rating", "system_speed_test_server", "system_vmlicense", "system_acme",
    "firewall_country", "firewall_city", "firewall_region", "firewall_vendor_mac",
    "firewall_vendor_mac_summary", "system_lte_modem", "system_smc_ntp", "system_fips_cc",
    "firewall_on_demand_sniffer", "webfilter_ftgd_risk_level", "system_health_check_fortiguard",
    "system_arp", "switch_controller_ptp_policy", "ips_settings", "ips_global", "application_name",
  ]

  private static let text = """
    alertemail: setting
    antivirus: exempt_list heuristic mms_checksum notification profile quarantine settings
    application: custom group list name rule_settings
    authentication: rule scheme setting
    automation: setting
    casb: attribute_match profile saas_application user_activity
    certificate: ca crl hsm_local local remote
    cifs: domain_controller profile
    credential: store_domain_controller
    diameter: filter_profile
    dlp: data_type dictionary exact_data_match filepattern fp_doc_source fp_sensitivity label
      profile sensitivity sensor settings
    dnsfilter: domain_filter profile
    dpdk: cpus global
    emailfilter: block_allow_list bwl bword dnsbl fortishield iptrust mheader options profile
    endpoint: control_client control_fctems control_fctems_override control_forticlient_ems
      control_forticlient_registration_sync control_profile control_registered_forticlient
      control_settings
    extender: controller_dataplan controller_extender controller_extender_profile extender_info
      lte_carrier_by_mcc_mnc lte_carrier_list modem_status sys_info
    extension: controller_dataplan controller_extender controller_extender_profile
      controller_extender_vap controller_fortigate controller_fortigate_profile
    file: filter_profile
    firewall: access_proxy access_proxy6 access_proxy_ssh_client_cert access_proxy_virtual_host
      acl acl6 address address6 address6_template addrgrp addrgrp6 auth_portal
      carrier_endpoint_bwl central_snat_map city consolidated_policy country
      decrypted_traffic_mirror dnstranslation dos_policy dos_policy6 global gtp
      identity_based_route interface_policy interface_policy6 internet_service
      internet_service_addition internet_service_append internet_service_botnet
      internet_service_custom internet_service_custom_group internet_service_definition
      internet_service_extension internet_service_fortiguard internet_service_group
      internet_service_ipbl_reason internet_service_ipbl_vendor internet_service_list
      internet_service_name internet_service_owner internet_service_reputation
      internet_service_sld ip_translation ipmacbinding_setting ipmacbinding_table ippool ippool6
      iprope_list ipv6_eh_filter ldb_monitor local_in_policy local_in_policy6 mms_profile
      multicast_address multicast_address6 multicast_policy multicast_policy6
      network_service_dynamic on_demand_sniffer pfcp policy policy46 policy6 policy64
      profile_group profile_protocol_options proute proxy_address proxy_addrgrp proxy_policy
      region schedule_group schedule_onetime schedule_recurring security_policy service_category
      service_custom service_group shaper_per_ip_shaper shaper_traffic_shaper shaping_policy
      shaping_profile sniffer ssh_host_key ssh_local_ca ssh_local_key ssh_setting ssl_server
      ssl_setting ssl_ssh_profile traffic_class ttl_policy vendor_mac vip vip46 vip6 vip64
      vipgrp vipgrp46 vipgrp6 vipgrp64 wildcard_fqdn_custom wildcard_fqdn_group
    ftp: proxy_explicit
    gtp: apn apn_shaper apngrp ie_allow_list ie_white_list message_filter_v0v1 message_filter_v2
      rat_timeout_profile tunnel_limit
    hardware: nic npu_np6_dce npu_np6_session_stats npu_np6_sse_stats
    icap: profile server server_group
    ips: custom decoder global rule rule_settings sensor settings view_map
    log: custom_field disk_filter disk_setting eventfilter fortianalyzer2_filter
      fortianalyzer2_override_filter fortianalyzer2_override_setting fortianalyzer2_setting
      fortianalyzer3_filter fortianalyzer3_override_filter fortianalyzer3_override_setting
      fortianalyzer3_setting fortianalyzer_cloud_filter fortianalyzer_cloud_override_filter
      fortianalyzer_cloud_override_setting fortianalyzer_cloud_setting fortianalyzer_filter
      fortianalyzer_override_filter fortianalyzer_override_setting fortianalyzer_setting
      fortiguard_filter fortiguard_override_filter fortiguard_override_setting
      fortiguard_setting gui_display memory_filter memory_global_setting memory_setting
      null_device_filter null_device_setting setting syslogd2_filter syslogd2_override_filter
      syslogd2_override_setting syslogd2_setting syslogd3_filter syslogd3_override_filter
      syslogd3_override_setting syslogd3_setting syslogd4_filter syslogd4_override_filter
      syslogd4_override_setting syslogd4_setting syslogd_filter syslogd_override_filter
      syslogd_override_setting syslogd_setting tacacsplusaccounting2_filter
      tacacsplusaccounting2_setting tacacsplusaccounting3_filter tacacsplusaccounting3_setting
      tacacsplusaccounting_filter tacacsplusaccounting_setting threat_weight webtrends_filter
      webtrends_setting
    monitoring: np6_ipsec_engine npu_hpe
    nsxt: service_chain setting
    pfcp: message_filter
    report: chart dataset layout setting style theme
    router: access_list access_list6 aspath_list auth_path bfd bfd6 bgp community_list
      extcommunity_list isis key_chain multicast multicast6 multicast_flow ospf ospf6 policy
      policy6 prefix_list prefix_list6 rip ripng route_map setting static static6
    sctp: filter_profile
    spamfilter: bwl bword dnsbl fortishield iptrust mheader options profile
    ssh: filter_profile
    switch: controller_802_1x_settings controller_acl_group controller_acl_ingress
      controller_auto_config_custom controller_auto_config_default controller_auto_config_policy
      controller_custom_command controller_dynamic_port_policy controller_flow_tracking
      controller_fortilink_settings controller_global controller_igmp_snooping
      controller_initial_config_template controller_initial_config_vlans
      controller_ip_source_guard_log controller_lldp_profile controller_lldp_settings
      controller_location controller_mac_policy controller_mac_sync_settings
      controller_managed_switch controller_nac_device controller_nac_settings
      controller_network_monitor_settings controller_poe controller_port_policy
      controller_ptp_interface_policy controller_ptp_policy controller_ptp_profile
      controller_ptp_settings controller_qos_dot1p_map controller_qos_ip_dscp_map
      controller_qos_qos_policy controller_qos_queue_policy controller_quarantine
      controller_remote_log controller_security_policy_802_1x
      controller_security_policy_captive_portal controller_security_policy_local_access
      controller_sflow controller_snmp_community controller_snmp_sysinfo
      controller_snmp_trap_threshold controller_snmp_user controller_storm_control
      controller_storm_control_policy controller_stp_instance controller_stp_settings
      controller_switch_group controller_switch_interface_tag controller_switch_log
      controller_switch_profile controller_system controller_traffic_policy
      controller_traffic_sniffer controller_virtual_port_pool controller_vlan
      controller_vlan_policy
    system: 3g_modem_custom accprofile acme admin affinity_interrupt
      affinity_packet_redistribution alarm alias api_user arp_table auto_install auto_script
      automation_action automation_condition automation_destination automation_stitch
      automation_trigger autoupdate_push_update autoupdate_schedule autoupdate_tunneling
      central_management cloud_service cluster_sync console csf custom_language ddns
      dedicated_mgmt device_upgrade device_upgrade_exemptions dhcp6_server dhcp_server dns dns64
      dns_database dns_server dscp_based_priority email_server evpn external_resource fabric_vpn
      federated_upgrade fips_cc fm fortiai fortidata fortiguard fortimanager fortindr
      fortisandbox fsso_polling ftm_push geneve geoip_country geoip_override gi_gk global
      gre_tunnel ha ha_monitor health_check_fortiguard ike interface ipam ipip_tunnel ips
      ips_urlfilter_dns ips_urlfilter_dns6 ipsec_aggregate ipv6_neighbor_cache ipv6_tunnel
      isf_queue_profile link_monitor lldp_network_policy lte_modem mac_address_table
      management_tunnel mem_mgr mobile_tunnel modem nat64 nd_proxy netflow network_visibility
      ngfw_settings np6 npu npu_vlink ntp object_tagging password_policy
      password_policy_guest_admin pcp_server performance_top physical_switch pppoe_interface
      probe_response proxy_arp ptp replacemsg_admin replacemsg_alertmail replacemsg_auth
      replacemsg_automation replacemsg_device_detection_portal replacemsg_ec
      replacemsg_fortiguard_wf replacemsg_ftp replacemsg_group replacemsg_http replacemsg_icap
      replacemsg_image replacemsg_mail replacemsg_mm1 replacemsg_mm3 replacemsg_mm4
      replacemsg_mm7 replacemsg_mms replacemsg_nac_quar replacemsg_nntp replacemsg_spam
      replacemsg_sslvpn replacemsg_traffic_quota replacemsg_utm replacemsg_webproxy
      resource_limits saml sdn_connector sdn_proxy sdn_vpn sdwan security_rating_controls
      security_rating_settings session_helper session_ttl settings sflow sit_tunnel smc_ntp
      sms_server snmp_community snmp_mib_view snmp_rmon_stat snmp_sysinfo snmp_user
      speed_test_schedule speed_test_server speed_test_setting ssh_config sso_admin
      sso_forticloud_admin sso_fortigate_cloud_admin standalone_cluster storage stp
      switch_interface tos_based_priority vdom vdom_dns vdom_exception vdom_link vdom_netflow
      vdom_property vdom_radius_server vdom_sflow virtual_switch virtual_wan_link
      virtual_wire_pair vne_interface vne_tunnel vxlan wccp zone
    telemetry: controller_agent controller_agent_profile controller_application_predefine
      controller_global controller_profile
    user: adgrp certificate device device_access_list device_category device_group
      domain_controller exchange external_identity_provider fortitoken fsso fsso_polling group
      krb_keytab ldap local nac_policy password_policy peer peergrp pop3 quarantine radius saml
      scim security_exempt_list setting tacacsplus
    videofilter: keyword profile youtube_channel_filter youtube_key
    virtual: patch_profile
    voip: profile
    vpn: certificate_ca certificate_crl certificate_hsm_local certificate_local
      certificate_ocsp_server certificate_remote certificate_setting ike_gateway
      ipsec_concentrator ipsec_fec ipsec_forticlient ipsec_manualkey ipsec_manualkey_interface
      ipsec_phase1 ipsec_phase1_interface ipsec_phase2 ipsec_phase2_interface kmip_server l2tp
      ocvpn pptp qkd ssl_client ssl_settings ssl_web_host_check_software ssl_web_portal
      ssl_web_realm ssl_web_user_bookmark ssl_web_user_group_bookmark
    waf: main_class profile signature sub_class
    wanopt: auth_group cache_service content_delivery_network_rule peer profile remote_storage
      settings webcache
    web: proxy_debug_url proxy_explicit proxy_fast_fallback proxy_forward_server
      proxy_forward_server_group proxy_global proxy_isolator_server proxy_profile
      proxy_url_match proxy_wisp
    webfilter: content content_header fortiguard ftgd_local_cat ftgd_local_rating
      ftgd_local_risk ftgd_risk_level ips_urlfilter_cache_setting ips_urlfilter_setting
      ips_urlfilter_setting6 override profile search_engine status urlfilter
    wireless: controller_access_control_list controller_address controller_addrgrp
      controller_ap_status controller_apcfg_profile controller_arrp_profile
      controller_ble_profile controller_bonjour_profile controller_client_info controller_global
      controller_hotspot20_anqp_3gpp_cellular controller_hotspot20_anqp_ip_address_type
      controller_hotspot20_anqp_nai_realm controller_hotspot20_anqp_network_auth_type
      controller_hotspot20_anqp_roaming_consortium controller_hotspot20_anqp_venue_name
      controller_hotspot20_anqp_venue_url controller_hotspot20_h2qp_advice_of_charge
      controller_hotspot20_h2qp_conn_capability controller_hotspot20_h2qp_operator_name
      controller_hotspot20_h2qp_osu_provider controller_hotspot20_h2qp_osu_provider_nai
      controller_hotspot20_h2qp_terms_and_conditions controller_hotspot20_h2qp_wan_metric
      controller_hotspot20_hs_profile controller_hotspot20_icon controller_hotspot20_qos_map
      controller_inter_controller controller_log controller_mpsk_profile controller_nac_profile
      controller_qos_profile controller_region controller_rf_analysis controller_setting
      controller_snmp controller_spectral_info controller_ssid_policy controller_status
      controller_syslog_profile controller_timers controller_utm_profile controller_vap
      controller_vap_group controller_vap_status controller_wag_profile controller_wids_profile
      controller_wtp controller_wtp_group controller_wtp_profile controller_wtp_status
    ztna: reverse_connector traffic_forward_proxy traffic_forward_proxy_reverse_service
      web_portal web_portal_bookmark web_proxy
    """
}

// SPDX-License-Identifier: GPL-2.0
/* Drives the state of a CAN controller of the laboratory, whose emulated hardware knows no errors.
 * The driver's own core does the rest: its state, its error frames, its restart.
 *
 *   echo "can0 passive 130 0" > /sys/module/controller_states/parameters/order
 *
 * with active, warning, passive or off, and both counters; or "can0 stuff", "can0 noack", "can0 crc"
 * for one error frame of that kind. "can0 cut" keeps from the wire what is sent, as a controller does
 * that has no room, "can0 unheard" as one that has room for four frames and waits for an
 * acknowledgement of the first; "can0 mended" lets all of it go. "can1 deaf" keeps the controller's
 * interrupts from its driver, as a processor does that is late, and "can1 hearing" lets them come.
 */
#include <linux/can/dev.h>
#include <linux/can/error.h>
#include <linux/can/skb.h>
#include <linux/interrupt.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>

static int state_of(const char *word)
{
	if (!strcmp(word, "active"))
		return CAN_STATE_ERROR_ACTIVE;
	if (!strcmp(word, "warning"))
		return CAN_STATE_ERROR_WARNING;
	if (!strcmp(word, "passive"))
		return CAN_STATE_ERROR_PASSIVE;
	if (!strcmp(word, "off"))
		return CAN_STATE_BUS_OFF;
	return -1;
}

/* The frames that wait in a controller for an acknowledgement: the kernel has given back the memory
 * of them, as a driver's can_put_echo_skb() does, and can take none of them back.
 */
#define MAILBOXES 4

static struct net_device *unheard;
static struct net_device_ops full_ops;
static const struct net_device_ops *own_ops;
static struct sk_buff_head mailboxes;

static netdev_tx_t keep(struct sk_buff *skb, struct net_device *dev)
{
	struct sk_buff *kept = skb_clone(skb, GFP_ATOMIC);

	if (kept) {
		can_skb_set_owner(kept, skb->sk);
		skb_queue_tail(&mailboxes, kept);
	}
	consume_skb(skb);
	if (skb_queue_len(&mailboxes) >= MAILBOXES)
		netif_stop_queue(dev);
	return NETDEV_TX_OK;
}

static void begin_unheard(struct net_device *dev)
{
	if (unheard)
		return;
	dev_hold(dev);
	unheard = dev;
	own_ops = dev->netdev_ops;
	full_ops = *own_ops;
	full_ops.ndo_start_xmit = keep;
	dev->netdev_ops = &full_ops;
}

/* With false what was kept is forgotten, as by a controller that is reset. */
static void end_unheard(struct net_device *dev, bool sends)
{
	struct sk_buff *kept;

	if (unheard != dev)
		return;
	dev->netdev_ops = own_ops;
	unheard = NULL;
	netif_wake_queue(dev);
	while ((kept = skb_dequeue(&mailboxes))) {
		if (sends)
			dev_queue_xmit(kept);
		else
			kfree_skb(kept);
	}
	dev_put(dev);
}

static void mend(struct net_device *dev)
{
	end_unheard(dev, true);
	netif_wake_queue(dev);
}

static int enter(struct net_device *dev, struct can_frame *cf, enum can_state state,
		 unsigned int transmit, unsigned int receive)
{
	can_change_state(dev, cf, transmit >= receive ? state : CAN_STATE_ERROR_ACTIVE,
			 transmit < receive ? state : CAN_STATE_ERROR_ACTIVE);
	if (state == CAN_STATE_BUS_OFF) {
		/* Hardware that is off takes no frame, and forgets those it had. */
		end_unheard(dev, false);
		netif_stop_queue(dev);
		can_bus_off(dev);
		return 0;
	}
	cf->can_id |= CAN_ERR_CNT;
	cf->data[6] = transmit;
	cf->data[7] = receive;
	return 0;
}

static int report(struct can_frame *cf, const char *word)
{
	cf->can_id |= CAN_ERR_PROT | CAN_ERR_BUSERROR;
	if (!strcmp(word, "stuff")) {
		cf->data[2] = CAN_ERR_PROT_STUFF;
		cf->data[3] = CAN_ERR_PROT_LOC_DATA;
	} else if (!strcmp(word, "crc")) {
		cf->data[3] = CAN_ERR_PROT_LOC_CRC_SEQ;
	} else if (!strcmp(word, "noack")) {
		cf->can_id |= CAN_ERR_ACK;
		cf->data[2] = CAN_ERR_PROT_TX;
		cf->data[3] = CAN_ERR_PROT_LOC_ACK;
	} else {
		return -EINVAL;
	}
	return 0;
}

/* What is done to the driver and not told by it; false: the word means something else. */
static bool hinder(struct net_device *dev, const char *word)
{
	if (!strcmp(word, "cut"))
		netif_stop_queue(dev);
	else if (!strcmp(word, "unheard"))
		begin_unheard(dev);
	else if (!strcmp(word, "mended"))
		mend(dev);
	else if (!strcmp(word, "deaf"))
		disable_irq(dev->irq);
	else if (!strcmp(word, "hearing"))
		enable_irq(dev->irq);
	else
		return false;
	return true;
}

static int order(const char *text, const struct kernel_param *unused)
{
	unsigned int transmit = 0, receive = 0;
	char name[IFNAMSIZ], word[16];
	struct net_device *dev;
	struct can_frame *cf;
	struct sk_buff *skb;
	int result;

	if (sscanf(text, "%15s %15s %u %u", name, word, &transmit, &receive) < 2)
		return -EINVAL;
	dev = dev_get_by_name(&init_net, name);
	if (!dev)
		return -ENODEV;
	if (hinder(dev, word)) {
		dev_put(dev);
		return 0;
	}
	skb = alloc_can_err_skb(dev, &cf);
	if (!skb) {
		dev_put(dev);
		return -ENOMEM;
	}
	rtnl_lock();
	if (state_of(word) >= 0)
		result = enter(dev, cf, state_of(word), transmit, receive);
	else
		result = report(cf, word);
	rtnl_unlock();
	if (result)
		kfree_skb(skb);
	else
		netif_rx(skb);
	dev_put(dev);
	return result;
}

static int __init begin(void)
{
	skb_queue_head_init(&mailboxes);
	return 0;
}

static void __exit end(void)
{
	if (unheard)
		end_unheard(unheard, false);
}

static const struct kernel_param_ops order_ops = { .set = order };
module_param_cb(order, &order_ops, NULL, 0200);
module_init(begin);
module_exit(end);
MODULE_DESCRIPTION("Drives the states of CAN controllers for tests");
MODULE_LICENSE("GPL");
